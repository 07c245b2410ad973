// What the workers know of circuit breakers and bounds, as one report.
import { REFUSALS } from "../upstream/bounds/bounds.ts";
import type { BoundsReport } from "../upstream/bounds/bounds.ts";
import { BREAKER_STATES, NO_TRANSITIONS } from "../upstream/breaker/circuit-breaker.ts";
import type { BreakerReport, RouteBreakerReport } from "../upstream/breaker/report.ts";

/** The one that lets least through, with the transitions of all. */
export function worstBreaker<Report extends BreakerReport>(
  breakers: readonly Report[],
): Report | undefined {
  const [worst] = FROM_WORST.flatMap((state) =>
    breakers.filter((breaker) => breaker.state === state),
  );
  if (worst === undefined) return undefined;
  const transitions = { ...NO_TRANSITIONS };
  for (const breaker of breakers) {
    for (const state of BREAKER_STATES) transitions[state] += breaker.transitions[state];
  }
  return { ...worst, transitions };
}

const FROM_WORST = [
  "forced_open",
  "open",
  "half_open",
  "closed",
  "metrics_only",
  "disabled",
] as const;

export function worstOfRoutes(breakers: readonly RouteBreakerReport[]): RouteBreakerReport[] {
  const byRoute = Map.groupBy(breakers, ({ route }) => route);
  return [...byRoute.values()].flatMap((ofRoute) => worstBreaker(ofRoute) ?? []);
}

/** Each worker has its share of the bounds: the sum is what the config says, or a little more. */
export function sumOfBounds(bounds: readonly BoundsReport[]): BoundsReport | undefined {
  const [first] = bounds;
  if (first === undefined) return undefined;
  const sum = (of: (each: BoundsReport) => number): number =>
    bounds.reduce((total, each) => total + of(each), 0);
  const rttsMs = bounds.flatMap(({ minRttMs }) => minRttMs ?? []);
  const refused = { ...first.refused };
  for (const reason of REFUSALS) refused[reason] = sum((each) => each.refused[reason]);
  return {
    activeRequests: sum(({ activeRequests }) => activeRequests),
    pendingRequests: sum(({ pendingRequests }) => pendingRequests),
    activeRetries: sum(({ activeRetries }) => activeRetries),
    limit: first.limit === undefined ? undefined : sum(({ limit }) => limit ?? 0),
    minRttMs: rttsMs.length === 0 ? undefined : Math.min(...rttsMs),
    refused,
  };
}
