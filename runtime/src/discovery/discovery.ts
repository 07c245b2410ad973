// Finds out where requests may go, for one thread: names by DNS, targets by registries. Nothing on the way of a request waits
// for it.
import type { GatewayConfig } from "../config/model.ts";
import type { TargetConfig } from "../config/upstream-model.ts";
import type { Clock } from "../upstream/clock.ts";
import type { UpstreamReport } from "../upstream/report.ts";
import { ConfigTargets } from "./config-targets.ts";
import { DnsClient } from "./dns/client.ts";
import { lookUp } from "./dns/name-lookup.ts";
import type { OrderItem, Resolution } from "./dns/name-lookup.ts";
import { Names } from "./dns/names.ts";
import { ParsedFile, parseHosts, parseResolvConf } from "./dns/system-files.ts";
import type { ResolverConfig } from "./dns/system-files.ts";
import type { NameTimes } from "./dns/watched-name.ts";
import type { DnsServer } from "./dns/exchange.ts";
import type { DiscoveryLog } from "./discovery-log.ts";
import { Registries } from "./registries.ts";
import { waitFor } from "./wait.ts";

/** Kong's dns_* settings. */
export interface DnsSettings {
  /** Undefined for those of /etc/resolv.conf. */
  readonly resolvers: readonly DnsServer[] | undefined;
  readonly hostsFile: string;
  readonly order: readonly OrderItem[];
  readonly times: NameTimes;
}

export const DEFAULT_DNS: DnsSettings = {
  resolvers: undefined,
  hostsFile: "/etc/hosts",
  // Kong leaves AAAA out.
  order: ["LAST", "SRV", "A", "AAAA", "CNAME"],
  times: { validTtlMs: undefined, staleTtlMs: 3_600_000, notFoundTtlMs: 30_000, errorTtlMs: 1000 },
};

export interface DiscoveryParts {
  readonly dns: DnsSettings;
  readonly clock: Clock;
  readonly random: () => number;
  /** 0 to 65535, not to be guessed. */
  randomId(): number;
  /** Since 1970, ms. */
  now(): number;
  readonly log: DiscoveryLog;
  setTargets(upstream: string, targets: readonly TargetConfig[] | undefined): void;
}

/** How long a new config waits for names and registries: what is not there by then comes later. */
const FIRST_WORDS_MS = 2000;
/** For one server to answer once, and how often each is asked. */
const DNS_TIMEOUT_MS = 2000;
const DNS_ATTEMPTS = 2;

export class Discovery {
  readonly #parts: DiscoveryParts;
  readonly #names: Names;
  readonly #registries: Registries;
  readonly #running = new Set<ConfigTargets>();
  readonly #stopping = new AbortController();
  #live: ConfigTargets | undefined;

  constructor(parts: DiscoveryParts) {
    const { clock, random, log } = parts;
    this.#parts = parts;
    this.#names = new Names({
      times: parts.dns.times,
      clock,
      random,
      lookUp: nameLookUp(parts),
      onNews: (name, what) => log.nameNews(name, what),
    });
    this.#registries = new Registries({
      clock,
      random,
      now: () => parts.now(),
      onTargets: (...what) => log.targetsChanged(...what),
      onState: (...what) => log.stateChanged(...what),
    });
  }

  /** Begins to find out what the config needs, and waits for a short while until it is known. */
  async prepare(config: GatewayConfig): Promise<PreparedTargets> {
    const targets = new ConfigTargets(config, {
      names: this.#names,
      registry: (...use) => this.#registries.use(...use),
      setTargets: (upstream, list) => this.#parts.setTargets(upstream, list),
    });
    this.#running.add(targets);
    const isDone = new AbortController();
    const signal = AbortSignal.any([isDone.signal, this.#stopping.signal]);
    const limit = waitFor(FIRST_WORDS_MS, { clock: this.#parts.clock, signal });
    await Promise.race([targets.firstWords(), limit]);
    isDone.abort();
    return {
      pool: (service) => targets.pool(service),
      activate: () => {
        this.#live = targets;
        targets.activate();
      },
      stop: () => {
        targets.stop();
        this.#running.delete(targets);
      },
    };
  }

  /** The reports with what discovery knows of each upstream. */
  complete(reports: readonly UpstreamReport[]): UpstreamReport[] {
    return reports.map((report) => {
      const discovery = this.#live?.report(report.name);
      return discovery === undefined ? report : { ...report, discovery };
    });
  }

  /** How often a look-up of a name ended how. */
  get lookUps(): Readonly<Record<Resolution["kind"], number>> {
    return this.#names.lookUps;
  }

  stop(): void {
    this.#stopping.abort();
    for (const targets of this.#running) targets.stop();
    this.#running.clear();
  }
}

/** What a snapshot has of it. */
export type PreparedTargets = Pick<ConfigTargets, "pool" | "activate" | "stop">;

function nameLookUp({
  dns,
  randomId,
}: DiscoveryParts): ConstructorParameters<typeof Names>[0]["lookUp"] {
  const hosts = new ParsedFile(dns.hostsFile, parseHosts);
  const resolvConf = new ParsedFile("/etc/resolv.conf", parseResolvConf);
  const resolver = (): ResolverConfig => {
    const { resolvers } = dns;
    return resolvers === undefined
      ? resolvConf.content
      : { ...resolvConf.content, servers: resolvers };
  };
  const client = new DnsClient({
    servers: () => resolver().servers,
    timeoutMs: DNS_TIMEOUT_MS,
    attempts: DNS_ATTEMPTS,
    randomId,
  });
  return (name, last, signal) =>
    lookUp(
      name,
      last,
      {
        hosts: () => hosts.content,
        resolver,
        order: dns.order,
        ask: (...question) => client.ask(...question),
      },
      signal,
    );
}
