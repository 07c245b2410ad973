// Where the requests of one config go: begun before the config is live, in force from then on, gone with it.
import type { GatewayConfig, ServiceConfig } from "../config/model.ts";
import type { DiscoveryConfig, TargetConfig, UpstreamConfig } from "../config/upstream-model.ts";
import type { TargetPool } from "../upstream/balancer.ts";
import type { NameWatch, Names } from "./dns/names.ts";
import { isName } from "./expand.ts";
import { NamedHost } from "./named-host.ts";
import type { RegistryUse } from "./registries.ts";
import type { UpstreamDiscovery } from "./report.ts";
import { UpstreamTargets } from "./upstream-targets.ts";

export interface ConfigTargetsParts {
  readonly names: Names;
  /** Shared by all configs that say the same of the upstream. */
  registry(upstream: string, config: DiscoveryConfig, onTargets: () => void): RegistryUse;
  setTargets(upstream: string, targets: readonly TargetConfig[] | undefined): void;
}

interface Entry {
  readonly config: UpstreamConfig;
  readonly targets: UpstreamTargets;
  readonly use: RegistryUse | undefined;
}

export class ConfigTargets {
  readonly #parts: ConfigTargetsParts;
  readonly #entries = new Map<string, Entry>();
  readonly #hosts = new Map<string, NameWatch>();
  #isActive = false;

  constructor(config: GatewayConfig, parts: ConfigTargetsParts) {
    this.#parts = parts;
    for (const upstream of config.upstreams) this.#add(upstream);
    for (const { protocol, host } of config.services) {
      if (protocol !== "http" || this.#entries.has(host) || this.#hosts.has(host)) continue;
      if (isName(bare(host)))
        this.#hosts.set(
          host,
          parts.names.watch(host, () => undefined),
        );
    }
  }

  #add(config: UpstreamConfig): void {
    const { name, discovery } = config;
    const targets = new UpstreamTargets(config, this.#parts.names, () => this.#tell(name));
    const use =
      discovery &&
      this.#parts.registry(name, discovery, () => {
        targets.list(use?.registry.targets ?? []);
        this.#tell(name);
      });
    targets.list(use?.registry.targets ?? []);
    this.#entries.set(name, { config, targets, use });
  }

  /** When everything was looked up once, and every registry has said something or failed. */
  async firstWords(): Promise<void> {
    await Promise.all([
      ...[...this.#hosts.values()].map(({ name }) => name.firstLookUp),
      ...[...this.#entries.values()].map(async ({ targets, use }) => {
        await use?.registry.firstWord;
        await targets.firstLookUps();
      }),
    ]);
  }

  /** Undefined when the service's host is no name. */
  pool({ id, host, port }: ServiceConfig): TargetPool | undefined {
    const watch = this.#hosts.get(host);
    return watch && new NamedHost({ id, port, name: watch.name });
  }

  /** From now on upstreams have the targets that are found for this config. */
  activate(): void {
    this.#isActive = true;
    for (const name of this.#entries.keys()) this.#tell(name);
  }

  #tell(upstream: string): void {
    if (!this.#isActive) return;
    this.#parts.setTargets(upstream, this.#entries.get(upstream)?.targets.current());
  }

  /** Undefined when all there is to know of its targets is in the config. */
  report(upstream: string): UpstreamDiscovery | undefined {
    const entry = this.#entries.get(upstream);
    if (entry === undefined) return undefined;
    const names = entry.targets.names();
    if (entry.use === undefined && names.length === 0) return undefined;
    return { registry: entry.use?.registry.report(), names };
  }

  stop(): void {
    this.#isActive = false;
    for (const { targets, use } of this.#entries.values()) {
      targets.stop();
      use?.stop();
    }
    for (const watch of this.#hosts.values()) watch.stop();
  }
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
