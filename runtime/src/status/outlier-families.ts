// What is counted of ejections, and of priorities and panic.
import { OUTLIER_DETECTORS } from "../config/upstream-model.ts";
import { LEVEL_CHANGES } from "../upstream/events.ts";
import type { PriorityReport, TargetReport, UpstreamReport } from "../upstream/report.ts";
import type { Family, Labels, Sample } from "./families.ts";

/** Of upstreams with outlier detection. */
export function outlierFamilies(reports: readonly UpstreamReport[]): Family[] {
  const perTarget = (read: (target: TargetReport, labels: Labels) => Sample[]): Sample[] =>
    reports.flatMap(({ name, targets }) =>
      targets
        .filter(({ ejections }) => ejections !== undefined)
        .flatMap((target) => read(target, { upstream: name, target: target.target })),
    );
  return [
    {
      name: "sluice_target_ejected",
      type: "gauge",
      help: "Threads that have ejected the target as an outlier",
      samples: perTarget(({ ejection }, labels) => [
        { labels, value: ejection === undefined ? 0 : 1 },
      ]),
    },
    {
      name: "sluice_target_ejections_total",
      type: "counter",
      help: "Ejections of a target as an outlier, by what found it to be one",
      samples: perTarget(({ ejections }, labels) =>
        OUTLIER_DETECTORS.map((detector) => ({
          labels: { ...labels, detector },
          value: ejections?.[detector] ?? 0,
        })),
      ),
    },
  ];
}

export function priorityFamilies(reports: readonly UpstreamReport[]): Family[] {
  const perPriority = (read: (level: PriorityReport, labels: Labels) => Sample[]): Sample[] =>
    reports.flatMap(({ name, priorities }) =>
      priorities.flatMap((level) =>
        read(level, { upstream: name, priority: String(level.priority) }),
      ),
    );
  return [
    {
      name: "sluice_upstream_priority_used",
      type: "gauge",
      help: "Threads that send requests to targets of the priority",
      samples: perPriority(({ load }, labels) => [{ labels, value: load > 0 ? 1 : 0 }]),
    },
    {
      name: "sluice_upstream_priority_panic",
      type: "gauge",
      help: "Threads that use all targets of the priority because too few are healthy",
      samples: perPriority(({ isPanic }, labels) => [{ labels, value: isPanic ? 1 : 0 }]),
    },
    {
      name: "sluice_upstream_priority_transitions_total",
      type: "counter",
      help: "Changes of a priority: into use, out of it, into panic, out of it",
      samples: perPriority(({ transitions }, labels) =>
        LEVEL_CHANGES.map((to) => ({ labels: { ...labels, to }, value: transitions[to] })),
      ),
    },
  ];
}
