// What is known of a target while the gateway runs: a reload keeps it.
import { PeakEwma } from "./balancers/peak-ewma.ts";
import type { BreakerState, CircuitBreaker } from "./breaker/circuit-breaker.ts";
import { TargetHealth } from "./health/target-health.ts";
import type { HealthSource } from "./health/target-health.ts";

export class TargetState {
  /** Tries under way, of upstreams that count them. */
  activeTries = 0;
  /** Until the head of a response. */
  readonly latency: PeakEwma = new PeakEwma();
  readonly health: TargetHealth = new TargetHealth();
  /** Undefined when the upstream's targets have none. */
  breaker: CircuitBreaker | undefined;
  readonly breakerTransitions: Record<BreakerState, number> = { closed: 0, open: 0, half_open: 0 };
  /** How often it became what. */
  readonly transitions: Record<"healthy" | "unhealthy", number> = { healthy: 0, unhealthy: 0 };
  /** Undefined as long as there was none. */
  lastTransition: LastTransition | undefined;
}

export interface LastTransition {
  readonly source: HealthSource;
  readonly reason: string;
  /** Since 1970. */
  readonly atMs: number;
}
