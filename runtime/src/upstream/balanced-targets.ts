// The targets of an upstream for one config, with the algorithm that chooses among those that may be used.
import type { UpstreamConfig } from "../config/upstream-model.ts";
import type { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import type { Admission } from "./admission.ts";
import type { TargetPool, TryObserver } from "./balancer.ts";
import { isBounded } from "./bounds/bounds.ts";
import type { BalancerParts } from "./balancers/create-balancer.ts";
import { isHealthy, isObserved } from "./report.ts";
import type { LevelWeights } from "./level-weights.ts";
import type { Upstream } from "./upstream.ts";
import { UsableTargets } from "./usable-targets.ts";
import type { Target } from "./target.ts";
import type { ConnectionBound } from "./transport.ts";

export class BalancedTargets implements TargetPool {
  readonly config: UpstreamConfig;
  readonly observer: TryObserver | undefined;
  readonly admission: Admission | undefined;
  readonly connections: ConnectionBound | undefined;
  /** A circuit breaker stands before all of the targets. */
  readonly #isGated: boolean;
  readonly #upstream: Upstream;
  readonly #parts: BalancerParts;
  /** Of the upstream, as far as it was taken up. */
  #targetsVersion = -1;
  #version = 0;
  #targets: readonly Target[] = [];
  #usable: UsableTargets | undefined;

  constructor(config: UpstreamConfig, upstream: Upstream, parts: BalancerParts) {
    this.config = config;
    this.#upstream = upstream;
    this.#parts = parts;
    this.observer = isObserved(config) ? upstream : undefined;
    this.admission = isBounded(config) ? upstream.bounds : undefined;
    this.connections = upstream.bounds.connections(config);
    this.#isGated = (config.circuitBreaker?.per ?? "target") !== "target";
    this.#take();
  }

  get targets(): readonly Target[] {
    if (this.#targetsVersion !== this.#upstream.targetsVersion) this.#take();
    return this.#targets;
  }

  /** Those with a weight by priority, the highest first. */
  get levels(): readonly LevelWeights[] {
    this.catchUp();
    return this.#usable?.levels ?? [];
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    if (this.#isGated && !this.#upstream.breakers.permits(exchange)) return undefined;
    this.catchUp();
    return this.#usable?.pick(exchange, tried);
  }

  refusal(exchange: Exchange): GatewayError | undefined {
    const healthy = this.targets.filter((target) => target.weight > 0 && isHealthy(target));
    return this.#upstream.breakers.refusal(exchange, healthy);
  }

  /** Takes up what has changed, in O(log n) for each target that did. */
  catchUp(): void {
    const { changes, targetsVersion } = this.#upstream;
    if (this.#targetsVersion !== targetsVersion) return this.#take();
    if (this.#version === changes.version) return;
    const knowsAll = changes.since(this.#version, (state) => this.#usable?.update(state));
    this.#version = changes.version;
    if (knowsAll) this.#usable?.settle();
    else this.#usable?.updateAll();
  }

  #take(): void {
    this.#targetsVersion = this.#upstream.targetsVersion;
    this.#version = this.#upstream.changes.version;
    this.#targets = this.#upstream.targetsOf(this.config);
    this.#usable = new UsableTargets({
      ...this.#parts,
      config: this.config,
      targets: this.#targets.filter(({ weight }) => weight > 0),
      clock: this.#upstream.clock,
      before: this.#usable?.levels ?? [],
      onLevelChange: (change) => this.#upstream.onLevelChange(this, change),
    });
  }
}
