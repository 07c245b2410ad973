// What is counted of circuit breakers, bounds and bulkheads. Labels are names from the config (O8).
import type { BulkheadReport } from "../upstream/bounds/bulkheads.ts";
import { REFUSALS } from "../upstream/bounds/bounds.ts";
import type { BoundsReport } from "../upstream/bounds/bounds.ts";
import { BREAKER_STATES } from "../upstream/breaker/circuit-breaker.ts";
import type { BreakerState } from "../upstream/breaker/circuit-breaker.ts";
import type { BreakerReport } from "../upstream/breaker/report.ts";
import type { UpstreamReport } from "../upstream/report.ts";
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
  const gauge = (name: string, help: string, read: (bounds: BoundsReport) => number): Family => ({
    name,
    type: "gauge",
    help,
    samples: bounded.map(({ labels, bounds }) => ({ labels, value: read(bounds) })),
  });
  return [
    gauge("sluice_upstream_active_requests", "Tries under way", (each) => each.activeRequests),
    gauge("sluice_upstream_pending_requests", "Tries that wait", (each) => each.pendingRequests),
    gauge(
      "sluice_upstream_concurrency_limit",
      "Tries at once, as it is now",
      (each) => each.limit ?? Infinity,
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
  const samples = (read: (report: BulkheadReport) => number): Sample[] =>
    reports.map((report) => ({ labels: { route: report.route }, value: read(report) }));
  return [
    {
      name: "sluice_bulkhead_active_calls",
      type: "gauge",
      help: "Requests under way on a route with a bulkhead",
      samples: samples(({ activeCalls }) => activeCalls),
    },
    {
      name: "sluice_bulkhead_waiting_calls",
      type: "gauge",
      help: "Requests that wait on a route with a bulkhead",
      samples: samples(({ waitingCalls }) => waitingCalls),
    },
    {
      name: "sluice_bulkhead_refused_total",
      type: "counter",
      help: "Requests that a bulkhead kept out",
      samples: samples(({ refused }) => refused),
    },
  ];
}
