// All upstreams of the gateway, by name: what is known of them outlives each config.
import type { TargetConfig, UpstreamConfig, SettableState } from "../config/upstream-model.ts";
import { AnswerCaches } from "../fallback/caches.ts";
import type { Route } from "../snapshot.ts";
import { BalancedTargets } from "./balanced-targets.ts";
import { Bulkheads } from "./bounds/bulkheads.ts";
import type { BreakerScope } from "./breaker/breakers.ts";
import type { BalancerParts } from "./balancers/create-balancer.ts";
import type { UpstreamReport } from "./report.ts";
import { Upstream } from "./upstream.ts";
import type { UpstreamParts } from "./upstream.ts";

export interface UpstreamsParts extends UpstreamParts, BalancerParts {}

export class Upstreams {
  readonly #parts: UpstreamsParts;
  readonly #byName = new Map<string, Upstream>();
  readonly bulkheads: Bulkheads;
  readonly answerCaches: AnswerCaches = new AnswerCaches();

  constructor(parts: UpstreamsParts) {
    this.#parts = parts;
    this.bulkheads = new Bulkheads(parts.clock, parts.threads);
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
    live: readonly { readonly balancer: BalancedTargets }[],
    routes: readonly Route[],
  ): void {
    const names = new Set(live.map(({ balancer }) => balancer.config.name));
    for (const [name, upstream] of this.#byName) {
      if (names.has(name)) continue;
      upstream.stop();
      this.#byName.delete(name);
    }
    const byPool = Map.groupBy(routes, ({ service }) => service?.balancer);
    const configs = routes.map(({ config }) => config);
    this.bulkheads.activate(configs);
    this.answerCaches.keep(new Set(configs.map(({ id }) => id)));
    for (const { balancer } of live) {
      this.#byName.get(balancer.config.name)?.activate(balancer, byPool.get(balancer) ?? []);
    }
  }

  /**
   * Replaces an upstream's targets without a reload: from now on, in later configs too, until `undefined` gives the
   * config's own list back. Those that stay keep their state. False when there is no such upstream.
   */
  setTargets(name: string, targets: readonly TargetConfig[] | undefined): boolean {
    const upstream = this.#byName.get(name);
    upstream?.setTargets(targets);
    return upstream !== undefined;
  }

  /** False when there is no such upstream or target; `target` is `host:port`. */
  setHealth(name: string, target: string, isHealthy: boolean): boolean {
    return this.#byName.get(name)?.setHealth(target, isHealthy) ?? false;
  }

  /** False when there is no such upstream, or none of the scope. */
  setBreakers(name: string, scope: BreakerScope, state: SettableState): boolean {
    const breakers = this.#byName.get(name)?.breakers;
    return breakers?.set(scope, state, "set by an operator") ?? false;
  }

  report(): UpstreamReport[] {
    return [...this.#byName.values()].flatMap((upstream) => upstream.report() ?? []);
  }

  stop(): void {
    for (const upstream of this.#byName.values()) upstream.stop();
  }
}
