// What the status API shows of circuit breakers.
import type { Rates } from "./call-window.ts";
import type { BreakerState, BreakerTransitions, CircuitBreaker } from "./circuit-breaker.ts";

export interface BreakerReport {
  readonly state: BreakerState;
  readonly rates: Rates;
  readonly transitions: BreakerTransitions;
}

export interface RouteBreakerReport extends BreakerReport {
  /** Name or id. */
  readonly route: string;
}

export function breakerReport({ state, rates, transitions }: CircuitBreaker): BreakerReport {
  return { state, rates, transitions: { ...transitions } };
}
