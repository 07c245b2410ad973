// The compiled, immutable config that a request pins when it begins: whatever is reloaded meanwhile, it finishes on it.
import { secretNames } from "./record.ts";
import { Consumers } from "./consumers.ts";
import type { GatewayConfig, RouteConfig, ServiceConfig } from "./config/model.ts";
import { PluginChain } from "./plugins/chain.ts";
import type { Plugin } from "./plugins/plugin.ts";
import { chainLinks } from "./plugins/scope.ts";
import type { BoundEntry, RouteScope } from "./plugins/scope.ts";
import { refusedEscapes } from "./routing/path-policy.ts";
import type { RefusedEscapes } from "./routing/path-policy.ts";
import { compileRouter } from "./routing/router.ts";
import type { RouteMatch, Router, RoutingInput } from "./routing/router.ts";
import type { RouteStats } from "./status/route-stats.ts";
import type { Balancer } from "./upstream/balancer.ts";
import { RoundRobin } from "./upstream/round-robin.ts";
import type { Target } from "./upstream/target.ts";
import type { Transport } from "./upstream/transport.ts";

export interface Service {
  readonly config: ServiceConfig;
  readonly balancer: Balancer;
  readonly transport: Transport;
  /** Host for the upstream, or undefined for the target's own. */
  readonly hostHeader: string | undefined;
}

/** A route with everything that a request on it needs. */
export interface Route {
  readonly config: RouteConfig;
  readonly service: Service | undefined;
  readonly chain: PluginChain;
  readonly stats: RouteStats;
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
  transport(service: ServiceConfig): Transport;
  routeStats(service: string, route: string): RouteStats;
}

export class Snapshot {
  readonly config: GatewayConfig;
  readonly consumers: Consumers;
  /** Global plugins and counts for requests that no route takes. */
  readonly noRoute: Pick<Route, "chain" | "stats" | "secretNames">;
  readonly #plugins: readonly Plugin[];
  readonly #router: Router;
  readonly #routes: ReadonlyMap<RouteConfig, Route>;
  #running = 0;
  #isRetired = false;

  constructor(parts: SnapshotParts) {
    this.config = parts.config;
    this.#plugins = [...parts.plugins.values()].map(({ plugin }) => plugin);
    this.#router = compileRouter(enabledRoutes(parts.config));
    this.consumers = new Consumers(parts.config.consumers);
    const entries = bindEntries(parts);
    // Of all routes: a client may send a key to one that asks for none.
    const secrets = secretNames(entries.flatMap((entry) => entry.credentialNames));
    const services = compileServices(parts);
    this.#routes = new Map(
      parts.config.routes.map((route) => [
        route,
        compileRoute(route, services, entries, secrets, parts),
      ]),
    );
    this.noRoute = {
      chain: new PluginChain(chainLinks(entries, { routeId: undefined, serviceId: undefined })),
      stats: parts.routeStats("", ""),
      // Such a request may well carry the key for the route that its client meant.
      secretNames: secrets,
    };
  }

  match(request: RoutingInput): RouteMatch | undefined {
    return this.#router.match(request);
  }

  route(config: RouteConfig): Route | undefined {
    return this.#routes.get(config);
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

function compileServices(parts: SnapshotParts): Map<string, Service> {
  const upstreams = new Map(parts.config.upstreams.map((upstream) => [upstream.name, upstream]));
  return new Map(
    parts.config.services.map((config) => {
      const upstream = config.protocol === "http" ? upstreams.get(config.host) : undefined;
      const targets: Target[] = (
        upstream?.targets ?? [{ id: config.id, host: config.host, port: config.port, weight: 100 }]
      ).map(withAddress);
      const service: Service = {
        config,
        balancer: new RoundRobin(targets),
        transport: parts.transport(config),
        hostHeader: upstream?.hostHeader,
      };
      return [config.id, service];
    }),
  );
}

/** IPv6 addresses are connected to without brackets and written with them (RFC 3986 §3.2.2). */
function withAddress(target: Omit<Target, "address">): Target {
  const host = target.host.replace(/^\[|\]$/g, "");
  const written = host.includes(":") ? `[${host}]` : host;
  return { ...target, host, address: `${written}:${target.port}` };
}

function compileRoute(
  config: RouteConfig,
  services: ReadonlyMap<string, Service>,
  entries: readonly Entry[],
  secrets: ReadonlySet<string>,
  parts: SnapshotParts,
): Route {
  const service = config.serviceId === undefined ? undefined : services.get(config.serviceId);
  const scope: RouteScope = { routeId: config.id, serviceId: config.serviceId };
  return {
    config,
    service,
    chain: new PluginChain(chainLinks(entries, scope)),
    stats: parts.routeStats(
      service?.config.name ?? service?.config.id ?? "",
      config.name ?? config.id,
    ),
    refusedEscapes: refusedEscapes(config.encodedCharacters),
    secretNames: secrets,
    recordText: recordText(config, service),
  };
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
