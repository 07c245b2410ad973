// What is known of a target while the gateway runs: a reload keeps it.
import { PeakEwma } from "./balancers/peak-ewma.ts";
import type { CircuitBreaker } from "./breaker/circuit-breaker.ts";
import { TargetHealth } from "./health/target-health.ts";
import type { HealthSource } from "./health/target-health.ts";
import { TargetOutlier } from "./outlier/target-outlier.ts";
import type { Target } from "./target.ts";

export class TargetState {
  /** Tries under way, of upstreams that count them. */
  activeTries = 0;
  /** Until the head of a response. */
  readonly latency: PeakEwma = new PeakEwma();
  readonly health: TargetHealth = new TargetHealth();
  readonly outlier: TargetOutlier = new TargetOutlier();
  /** Undefined when the upstream's targets have none. */
  breaker: CircuitBreaker | undefined;
  /** How often it became what. */
  readonly transitions: Record<"healthy" | "unhealthy", number> = { healthy: 0, unhealthy: 0 };
  /** Undefined as long as there was none. */
  lastTransition: LastTransition | undefined;
  /** Its upstream serves with it. */
  isServing = false;
  /** When it joined others, or came back to them; by the clock. */
  backSinceMs: number = -Infinity;
  #target: Target | undefined;

  /** The target that has this state: the same one as long as it is described alike, so that tries know it again. */
  place(target: Target): Target {
    const known = this.#target;
    // Of an object that was written as a Target just now.
    const keys = Object.keys(target) as (keyof Target)[];
    if (known !== undefined && keys.every((key) => known[key] === target[key])) return known;
    return (this.#target = { ...target, state: this });
  }

  /** An operator has taken it out: nothing but an operator or a good probe brings it back. */
  get isOutByHand(): boolean {
    return !this.health.isHealthy && this.lastTransition?.source === "manual";
  }
}

export interface LastTransition {
  readonly source: HealthSource;
  readonly reason: string;
  /** Since 1970. */
  readonly atMs: number;
}
