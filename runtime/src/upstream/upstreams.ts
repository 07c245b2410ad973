// All upstreams of the gateway, by name: what is known of them outlives each config.
import type { UpstreamConfig } from "../config/upstream-model.ts";
import { BalancedTargets } from "./balanced-targets.ts";
import type { BalancerParts } from "./balancers/create-balancer.ts";
import type { UpstreamReport } from "./report.ts";
import { Upstream } from "./upstream.ts";
import type { UpstreamParts } from "./upstream.ts";

export interface UpstreamsParts extends UpstreamParts, BalancerParts {}

export class Upstreams {
  readonly #parts: UpstreamsParts;
  readonly #byName = new Map<string, Upstream>();

  constructor(parts: UpstreamsParts) {
    this.#parts = parts;
  }

  /** The targets of an upstream for one config; nothing is checked by it before {@link activate}. */
  pool(config: UpstreamConfig): BalancedTargets {
    let upstream = this.#byName.get(config.name);
    if (upstream === undefined) {
      this.#byName.set(config.name, (upstream = new Upstream(config.name, this.#parts)));
    }
    return new BalancedTargets(config, upstream, this.#parts);
  }

  /** These are live: they are checked, and nothing else is. */
  activate(
    live: readonly { readonly config: UpstreamConfig; readonly balancer: BalancedTargets }[],
  ): void {
    const names = new Set(live.map(({ config }) => config.name));
    for (const [name, upstream] of this.#byName) {
      if (names.has(name)) continue;
      upstream.stop();
      this.#byName.delete(name);
    }
    for (const { config, balancer } of live) {
      this.#byName.get(config.name)?.activate(config, balancer.targets);
    }
  }

  /** False when there is no such upstream or target; `target` is `host:port`. */
  setHealth(name: string, target: string, isHealthy: boolean): boolean {
    return this.#byName.get(name)?.setHealth(target, isHealthy) ?? false;
  }

  report(): UpstreamReport[] {
    return [...this.#byName.values()].flatMap((upstream) => upstream.report() ?? []);
  }

  stop(): void {
    for (const upstream of this.#byName.values()) upstream.stop();
  }
}
