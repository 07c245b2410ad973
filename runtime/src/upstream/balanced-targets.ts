// The targets of an upstream as one config has them, with the algorithm that chooses among those that may be used.
import type { UpstreamConfig } from "../config/upstream-model.ts";
import type { Exchange } from "../exchange.ts";
import type { Balancer, TargetPool, TryObserver } from "./balancer.ts";
import { createBalancer } from "./balancers/create-balancer.ts";
import type { BalancerParts } from "./balancers/create-balancer.ts";
import { healthyWeightPercent, isObserved, isUsable } from "./report.ts";
import type { Upstream } from "./upstream.ts";
import { targetAt } from "./target.ts";
import type { Target } from "./target.ts";

export class BalancedTargets implements TargetPool {
  readonly targets: readonly Target[];
  readonly observer: TryObserver | undefined;
  readonly #weighted: readonly Target[];
  readonly #upstream: Upstream;
  readonly #threshold: number;
  readonly #balancer: Balancer;
  /** Of the upstream, when the balancer was told what it may use. */
  #version = -1;

  constructor(config: UpstreamConfig, upstream: Upstream, parts: BalancerParts) {
    this.targets = config.targets.map((target) => {
      const placed = targetAt(target);
      return { ...placed, state: upstream.state(placed.address) };
    });
    this.#weighted = this.targets.filter(({ weight }) => weight > 0);
    this.#upstream = upstream;
    this.#threshold = config.healthchecks.threshold;
    this.#balancer = createBalancer(config, this.#weighted, parts);
    this.observer = isObserved(config) ? upstream : undefined;
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    if (this.#version !== this.#upstream.version) this.#refresh();
    return this.#balancer.pick(exchange, tried);
  }

  #refresh(): void {
    this.#version = this.#upstream.version;
    const isOpen = healthyWeightPercent(this.#weighted) >= this.#threshold;
    this.#balancer.use(isOpen ? this.#weighted.filter(isUsable) : []);
  }
}
