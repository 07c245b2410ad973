// What is counted of the targets of upstreams.
import type { TargetReport, UpstreamReport } from "../upstream/report.ts";
import type { Family, Labels, Sample } from "./families.ts";
import { boundsFamilies, breakerFamilies } from "./guard-families.ts";
import { outlierFamilies, priorityFamilies } from "./outlier-families.ts";

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
    ...breakerFamilies(reports),
    ...boundsFamilies(reports),
    ...outlierFamilies(reports),
    ...priorityFamilies(reports),
  ];
}
