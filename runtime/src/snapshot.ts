// The compiled, immutable config that a request pins when it begins: whatever is reloaded meanwhile, it finishes on it.
import { secretNames } from "./record.ts";
import { Consumers } from "./consumers.ts";
import type { GatewayConfig, RouteConfig, ServiceConfig, UpstreamConfig } from "./config/model.ts";
import type { PreparedTargets } from "./discovery/discovery.ts";
import type { PluginChain } from "./plugins/chain.ts";
import { PluginChains } from "./plugins/chains.ts";
import type { Plugin } from "./plugins/plugin.ts";
import type { BoundEntry } from "./plugins/scope.ts";
import { refusedEscapes } from "./routing/path-policy.ts";
import type { RefusedEscapes } from "./routing/path-policy.ts";
import { compileRouter } from "./routing/router.ts";
import type { RouteMatch, Router, RoutingInput } from "./routing/router.ts";
import type { Counted, RouteStats } from "./status/route-stats.ts";
import { FallbackSteps } from "./fallback/steps.ts";
import type { Admission } from "./upstream/admission.ts";
import type { BalancedTargets } from "./upstream/balanced-targets.ts";
import { SingleTarget } from "./upstream/balancer.ts";
import type { TargetPool } from "./upstream/balancer.ts";
import type { Fallback } from "./upstream/fallback.ts";
import { targetAt } from "./upstream/target.ts";
import type { UpstreamChoice } from "./upstream-choice.ts";
import { systemClock } from "./upstream/clock.ts";
import { TryPolicies } from "./tries/try-policies.ts";
import type { TryRules } from "./tries/try-policies.ts";
import type { Transport } from "./upstream/transport.ts";
import type { Upstreams } from "./upstream/upstreams.ts";

export interface Service {
  readonly config: ServiceConfig;
  readonly balancer: TargetPool;
  readonly transport: Transport;
  /** Host for the upstream, or undefined for the target's own. */
  readonly hostHeader: string | undefined;
}

/**
 * A route with everything that a request on it needs, first what every request reads: with many routes each further
 * object is a cache miss, the config's among them.
 */
export interface Route extends Counted, Partial<TryRules> {
  readonly service: Service | undefined;
  /** Routes with the same plugins share one. */
  readonly chain: PluginChain;
  readonly preserveHost: boolean;
  readonly timeoutMs: number | undefined;
  /** Undefined for none. */
  readonly responseHeadersToRemove: readonly string[] | undefined;
  /** Undefined when errors are answered as such. */
  readonly fallback?: Fallback | undefined;
  /** Undefined when its requests are not bounded. */
  readonly bulkhead?: Admission | undefined;
  readonly config: RouteConfig;
  /** Matches canonical paths with an escape that the route does not allow. */
  readonly refusedEscapes: RefusedEscapes;
  /** Names of headers and query arguments that carry credentials, lower case. */
  readonly secretNames: ReadonlySet<string>;
  /** The route's and service's part of the log record. */
  readonly recordText: string;
}

/** A started plugin, with the names that its entries' configs say carry credentials. */
export interface StartedPlugin {
  readonly plugin: Plugin;
  /** Names per entry, in the order of the entries. */
  readonly credentialNames: readonly (readonly string[])[];
}

export interface SnapshotParts {
  readonly config: GatewayConfig;
  readonly plugins: ReadonlyMap<string, StartedPlugin>;
  /** What is known of upstreams, from one config to the next. */
  readonly upstreams: Upstreams;
  /** Where names and registries lead; undefined when nobody finds that out ahead. */
  readonly targets?: PreparedTargets | undefined;
  transport(service: ServiceConfig): Transport;
  routeStats(service: string, route: string): RouteStats;
}

export class Snapshot {
  readonly config: GatewayConfig;
  readonly consumers: Consumers;
  /** Global plugins and counts for requests that no route takes. */
  readonly noRoute: Counted & Pick<Route, "chain" | "secretNames">;
  readonly #plugins: readonly Plugin[];
  readonly #upstreams: ReadonlyMap<string, LiveUpstream>;
  readonly #allUpstreams: Upstreams;
  readonly #targets: PreparedTargets | undefined;
  readonly #router: Router;
  /** In the order that the router knows. */
  readonly #routes: readonly Route[];
  #running = 0;
  #isRetired = false;

  /** Throws ChainsRefused when the plugins of a route have no order. */
  constructor(parts: SnapshotParts) {
    this.config = parts.config;
    this.#plugins = [...parts.plugins.values()].map(({ plugin }) => plugin);
    const routes = enabledRoutes(parts.config);
    this.#router = compileRouter(routes);
    this.consumers = new Consumers(parts.config.consumers);
    const entries = bindEntries(parts);
    // Of all routes: a client may send a key to one that asks for none.
    const secrets = secretNames(entries.flatMap((entry) => entry.credentialNames));
    this.#allUpstreams = parts.upstreams;
    this.#targets = parts.targets;
    this.#upstreams = compileUpstreams(parts);
    const services = compileServices(parts, this.#upstreams);
    const chains = new PluginChains(entries);
    const tries = new TryPolicies(parts.config.upstreams, systemClock);
    this.#routes = routes.map((route) =>
      compileRoute(route, services, chains, secrets, { ...parts, tries }),
    );
    this.noRoute = {
      chain: chains.of(undefined),
      ...countedBy(parts.routeStats("", "")),
      // Such a request may well carry the key for the route that its client meant.
      secretNames: secrets,
    };
    chains.check();
  }

  match(request: RoutingInput): RouteMatch | undefined {
    return this.#router.match(request);
  }

  /** The route of a match that this snapshot has made. */
  route(match: RouteMatch): Route | undefined {
    return this.#routes[match.routeIndex];
  }

  /** An upstream of the config, by its name in lower case. */
  upstream(name: string): UpstreamChoice | undefined {
    return this.#upstreams.get(name);
  }

  /** This is the config that is served: its upstreams are checked from now on, and no others. */
  activate(): void {
    this.#targets?.activate();
    this.#allUpstreams.activate([...this.#upstreams.values()], this.#routes);
  }

  /** A request starts; it must {@link end}. */
  begin(): void {
    this.#running++;
  }

  end(): void {
    this.#running--;
    if (this.#isRetired && this.#running === 0) this.#closePlugins();
  }

  /** No request starts on it any more; the plugins go when the last one has ended. */
  retire(): void {
    this.#isRetired = true;
    this.#targets?.stop();
    if (this.#running === 0) this.#closePlugins();
  }

  #closePlugins(): void {
    for (const plugin of this.#plugins) plugin.close();
  }
}

/** As in Kong, a disabled service takes its routes with it. */
function enabledRoutes({ routes, services }: GatewayConfig): RouteConfig[] {
  const disabled = new Set(services.filter(({ enabled }) => !enabled).map(({ id }) => id));
  return routes.filter(({ serviceId }) => serviceId === undefined || !disabled.has(serviceId));
}

interface Entry extends BoundEntry {
  readonly credentialNames: readonly string[];
}

function bindEntries({ config, plugins }: SnapshotParts): Entry[] {
  const counts = new Map<string, number>();
  return config.plugins.flatMap((entry) => {
    const index = counts.get(entry.name) ?? 0;
    counts.set(entry.name, index + 1);
    const started = plugins.get(entry.name);
    if (started === undefined) return [];
    const credentialNames = started.credentialNames[index] ?? [];
    return [{ config: entry, plugin: started.plugin, index, credentialNames }];
  });
}

interface LiveUpstream extends UpstreamChoice {
  readonly config: UpstreamConfig;
  readonly balancer: BalancedTargets;
}

/** By name. One balancer for all that goes to an upstream, whoever chose it. */
function compileUpstreams({ config, upstreams }: SnapshotParts): Map<string, LiveUpstream> {
  return new Map(
    config.upstreams.map((each) => {
      const { name, hostHeader } = each;
      const balancer = upstreams.pool(each);
      return [name, { name, target: undefined, config: each, balancer, hostHeader }];
    }),
  );
}

function compileServices(
  parts: SnapshotParts,
  upstreams: ReadonlyMap<string, UpstreamChoice>,
): Map<string, Service> {
  return new Map(
    parts.config.services.map((config) => {
      const upstream = config.protocol === "http" ? upstreams.get(config.host) : undefined;
      const service: Service = {
        config,
        balancer: upstream?.balancer ?? parts.targets?.pool(config) ?? ownTarget(config),
        transport: parts.transport(config),
        hostHeader: upstream?.hostHeader,
      };
      return [config.id, service];
    }),
  );
}

function ownTarget({ id, host, port }: ServiceConfig): TargetPool {
  return new SingleTarget(targetAt({ id, host, port, weight: 100 }));
}

function compileRoute(
  config: RouteConfig,
  services: ReadonlyMap<string, Service>,
  chains: PluginChains,
  secrets: ReadonlySet<string>,
  parts: SnapshotParts & { readonly tries: TryPolicies },
): Route {
  const service = config.serviceId === undefined ? undefined : services.get(config.serviceId);
  const serviceName = service?.config.name ?? service?.config.id ?? "";
  const { responseHeadersToRemove } = config;
  const stats = parts.routeStats(serviceName, config.name ?? config.id);
  return {
    service,
    chain: chains.of(config),
    ...countedBy(stats),
    fallback: compileFallback({ route: config, service, services, stats }, parts),
    bulkhead: parts.upstreams.bulkheads.of(config),
    ...parts.tries.of(config, service, stats),
    preserveHost: config.preserveHost,
    timeoutMs: config.timeoutMs,
    responseHeadersToRemove:
      responseHeadersToRemove.length > 0 ? responseHeadersToRemove : undefined,
    config,
    refusedEscapes: refusedEscapes(config.encodedCharacters),
    secretNames: secrets,
    recordText: recordText(config, service),
  };
}

interface FallbackOwner {
  readonly route: RouteConfig;
  readonly service: Service | undefined;
  readonly services: ReadonlyMap<string, Service>;
  readonly stats: RouteStats;
}

function compileFallback(
  { route, service, services, stats }: FallbackOwner,
  { upstreams }: SnapshotParts,
): Fallback | undefined {
  const config = route.fallback ?? service?.config.fallback;
  if (config === undefined) return undefined;
  return new FallbackSteps({
    config,
    cache: config.cache && upstreams.answerCaches.of(route.id, config.cache, service?.config),
    services,
    nowMs: () => performance.now(),
    onAnswer: (kind) => stats.countFallback(kind),
  });
}

function countedBy(stats: RouteStats): Counted {
  return { stats, ...stats.row };
}

/** Kong's names for what the log record says of route and service. */
function recordText(route: RouteConfig, service: Service | undefined): string {
  const routePart = JSON.stringify({
    id: route.id,
    name: route.name,
    hosts: route.hosts,
    paths: route.paths,
    methods: route.methods,
    strip_path: route.stripPath,
    preserve_host: route.preserveHost,
    regex_priority: route.regexPriority,
    service: route.serviceId === undefined ? undefined : { id: route.serviceId },
    tags: route.tags,
  });
  if (service === undefined) return `"route":${routePart},`;
  const { config } = service;
  const servicePart = JSON.stringify({
    id: config.id,
    name: config.name,
    protocol: config.protocol,
    host: config.host,
    port: config.port,
    path: config.path,
    retries: config.retries,
    connect_timeout: config.connectTimeoutMs,
    write_timeout: config.writeTimeoutMs,
    read_timeout: config.readTimeoutMs,
    tags: config.tags,
  });
  return `"route":${routePart},"service":${servicePart},`;
}
