// What is counted of circuit breakers, bounds and bulkheads. Labels are names from the config (O8).
import type { BulkheadReport } from "../upstream/bounds/bulkheads.ts";
import { REFUSALS } from "../upstream/bounds/bounds.ts";
import { BREAKER_STATES } from "../upstream/breaker/circuit-breaker.ts";
import type { BreakerState } from "../upstream/breaker/circuit-breaker.ts";
import type { BreakerReport } from "../upstream/breaker/report.ts";
import type { UpstreamReport } from "../upstream/report.ts";
import { familiesOf } from "./families.ts";
import type { Family, Labels, Sample } from "./families.ts";

/** Those of targets have the label target, those of routes the label route, that of a whole upstream neither. */
export function breakerFamilies(reports: readonly UpstreamReport[]): Family[] {
  const breakers = reports.flatMap(breakersOf);
  const perState = (
    label: string,
    read: (breaker: BreakerReport, state: BreakerState) => number,
  ): Sample[] =>
    breakers.flatMap(({ labels, breaker }) =>
      BREAKER_STATES.map((state) => ({
        labels: { ...labels, [label]: state },
        value: read(breaker, state),
      })),
    );
  return [
    {
      name: "sluice_circuit_breaker_state",
      type: "gauge",
      help: "Threads whose circuit breaker is in the state",
      samples: perState("state", (breaker, state) => Number(breaker.state === state)),
    },
    {
      name: "sluice_circuit_breaker_transitions_total",
      type: "counter",
      help: "Changes of a circuit breaker, by the state that it went into",
      samples: perState("to", (breaker, state) => breaker.transitions[state]),
    },
  ];
}

interface LabelledBreaker {
  readonly labels: Labels;
  readonly breaker: BreakerReport;
}

function breakersOf(report: UpstreamReport): LabelledBreaker[] {
  const { name: upstream, circuitBreaker, routeBreakers = [], targets } = report;
  return [
    ...(circuitBreaker === undefined ? [] : [{ labels: { upstream }, breaker: circuitBreaker }]),
    ...targets.flatMap(({ target, circuitBreaker: breaker }) =>
      breaker === undefined ? [] : [{ labels: { upstream, target }, breaker }],
    ),
    ...routeBreakers.map((breaker) => ({ labels: { upstream, route: breaker.route }, breaker })),
  ];
}

export function boundsFamilies(reports: readonly UpstreamReport[]): Family[] {
  const bounded = reports.flatMap(({ name, bounds }) =>
    bounds === undefined ? [] : [{ labels: { upstream: name }, bounds }],
  );
  const family = familiesOf(bounded, ({ labels }) => labels);
  return [
    family(
      "gauge",
      "sluice_upstream_active_requests",
      "Tries under way",
      ({ bounds }) => bounds.activeRequests,
    ),
    family(
      "gauge",
      "sluice_upstream_pending_requests",
      "Tries that wait",
      ({ bounds }) => bounds.pendingRequests,
    ),
    family(
      "gauge",
      "sluice_upstream_concurrency_limit",
      "Tries at once, as it is now",
      ({ bounds }) => bounds.limit ?? Infinity,
    ),
    {
      name: "sluice_upstream_refused_total",
      type: "counter",
      help: "Tries that the bounds of an upstream kept out",
      samples: bounded.flatMap(({ labels, bounds }) =>
        REFUSALS.map((reason) => ({
          labels: { ...labels, reason },
          value: bounds.refused[reason],
        })),
      ),
    },
  ];
}

export function bulkheadFamilies(reports: readonly BulkheadReport[]): Family[] {
  const family = familiesOf(reports, ({ route }) => ({ route }));
  return [
    family(
      "gauge",
      "sluice_bulkhead_active_calls",
      "Requests under way on a route with a bulkhead",
      ({ activeCalls }) => activeCalls,
    ),
    family(
      "gauge",
      "sluice_bulkhead_waiting_calls",
      "Requests that wait on a route with a bulkhead",
      ({ waitingCalls }) => waitingCalls,
    ),
    family(
      "counter",
      "sluice_bulkhead_refused_total",
      "Requests that a bulkhead kept out",
      ({ refused }) => refused,
    ),
  ];
}
