// What is counted of the targets of upstreams.
import { BREAKER_STATES } from "../upstream/breaker/circuit-breaker.ts";
import type { TargetReport, UpstreamReport } from "../upstream/report.ts";
import type { Family, Labels, Sample } from "./families.ts";

export function upstreamFamilies(reports: readonly UpstreamReport[]): Family[] {
  const perTarget = (read: (target: TargetReport, labels: Labels) => Sample[]): Sample[] =>
    reports.flatMap(({ name, targets }) =>
      targets.flatMap((target) => read(target, { upstream: name, target: target.target })),
    );
  return [
    {
      name: "sluice_target_health",
      type: "gauge",
      help: "Threads that take the target for healthy",
      samples: perTarget(({ health }, labels) => [
        { labels, value: health === "UNHEALTHY" ? 0 : 1 },
      ]),
    },
    {
      name: "sluice_target_transitions_total",
      type: "counter",
      help: "Changes of a target's health, by what it became",
      samples: perTarget(({ transitions }, labels) => [
        { labels: { ...labels, to: "healthy" }, value: transitions.healthy },
        { labels: { ...labels, to: "unhealthy" }, value: transitions.unhealthy },
      ]),
    },
    {
      name: "sluice_circuit_breaker_state",
      type: "gauge",
      help: "Threads whose circuit breaker of the target is in the state",
      samples: perTarget(({ circuitBreaker }, labels) =>
        BREAKER_STATES.flatMap((state) =>
          circuitBreaker === undefined
            ? []
            : [{ labels: { ...labels, state }, value: circuitBreaker.state === state ? 1 : 0 }],
        ),
      ),
    },
    {
      name: "sluice_circuit_breaker_transitions_total",
      type: "counter",
      help: "Changes of a target's circuit breaker, by the state that it went into",
      samples: perTarget(({ circuitBreaker }, labels) =>
        BREAKER_STATES.flatMap((to) =>
          circuitBreaker === undefined
            ? []
            : [{ labels: { ...labels, to }, value: circuitBreaker.transitions[to] }],
        ),
      ),
    },
  ];
}
