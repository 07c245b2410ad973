// What the workers know of the upstreams, as one report: each checks for itself, so they may differ for a while.
import { OUTLIER_DETECTORS } from "../config/upstream-model.ts";
import { mergeDiscovery } from "./discovery-reports.ts";
import type { OutlierDetector } from "../config/upstream-model.ts";
import { sumOfLevelChanges } from "../upstream/level-changes.ts";
import type { PriorityReport, TargetReport, UpstreamReport } from "../upstream/report.ts";
import { sumOfBounds, worstBreaker, worstOfRoutes } from "./guard-reports.ts";

export interface WorkerUpstreams {
  readonly worker: number;
  readonly upstreams: readonly UpstreamReport[];
}

/** A target is UNHEALTHY when a worker takes it for that, and says which. */
export function mergeUpstreams(workers: readonly WorkerUpstreams[]): UpstreamReport[] {
  const all = workers.flatMap(({ worker, upstreams }) =>
    upstreams.map((report) => ({ worker, report })),
  );
  const byName = Map.groupBy(all, ({ report }) => report.name);
  return [...byName.values()].flatMap((reports) => {
    const [first] = reports;
    if (first === undefined) return [];
    const targets = reports.flatMap(({ worker, report }) =>
      report.targets.map((target) => ({ worker, target })),
    );
    const worst = reports.find(({ report }) => report.health === "UNHEALTHY") ?? first;
    return [
      {
        ...worst.report,
        discovery: mergeDiscovery(reports.flatMap(({ report }) => report.discovery ?? [])),
        priorities: mergePriorities(reports.map(({ report }) => report)),
        healthyWeightPercent: Math.min(...reports.map(({ report }) => report.healthyWeightPercent)),
        circuitBreaker: worstBreaker(reports.flatMap(({ report }) => report.circuitBreaker ?? [])),
        routeBreakers: worstOfRoutes(reports.flatMap(({ report }) => report.routeBreakers ?? [])),
        bounds: sumOfBounds(reports.flatMap(({ report }) => report.bounds ?? [])),
        targets: [...Map.groupBy(targets, ({ target }) => target.target).values()].flatMap(merge),
      },
    ];
  });
}

/** As the one sees each that finds least of it healthy. */
function mergePriorities(reports: readonly UpstreamReport[]): PriorityReport[] {
  const all = reports.flatMap(({ priorities }) => priorities);
  return [...Map.groupBy(all, ({ priority }) => priority).values()].flatMap((seen) => {
    const worst = seen.toSorted(
      (one, other) => one.healthyWeightPercent - other.healthyWeightPercent,
    );
    const transitions = sumOfLevelChanges(seen.map((each) => each.transitions));
    return worst.slice(0, 1).map((each) => ({ ...each, transitions }));
  });
}

function sumOfEjections(seen: readonly WorkerTarget[]): TargetReport["ejections"] {
  if (seen.every(({ target }) => target.ejections === undefined)) return undefined;
  const sums: Partial<Record<OutlierDetector, number>> = {};
  for (const detector of OUTLIER_DETECTORS) {
    const sum = seen.reduce((total, { target }) => total + (target.ejections?.[detector] ?? 0), 0);
    if (sum > 0) sums[detector] = sum;
  }
  return sums;
}

interface WorkerTarget {
  readonly worker: number;
  readonly target: TargetReport;
}

function merge(seen: readonly WorkerTarget[]): TargetReport[] {
  const unhealthy = seen.filter(({ target }) => target.health === "UNHEALTHY");
  const shown = (unhealthy[0] ?? seen[0])?.target;
  if (shown === undefined) return [];
  const latencies = seen.flatMap(({ target }) => target.latencyMs ?? []);
  const sum = (of: (target: TargetReport) => number): number =>
    seen.reduce((total, { target }) => total + of(target), 0);
  return [
    {
      ...shown,
      transitions: {
        healthy: sum(({ transitions }) => transitions.healthy),
        unhealthy: sum(({ transitions }) => transitions.unhealthy),
      },
      activeTries:
        shown.activeTries === undefined ? undefined : sum(({ activeTries }) => activeTries ?? 0),
      latencyMs:
        latencies.length === 0
          ? undefined
          : latencies.reduce((total, ms) => total + ms, 0) / latencies.length,
      circuitBreaker: worstBreaker(seen.flatMap(({ target }) => target.circuitBreaker ?? [])),
      ejection: seen.find(({ target }) => target.ejection !== undefined)?.target.ejection,
      ejections: sumOfEjections(seen),
      unhealthyWorkers: unhealthy.map(({ worker }) => worker),
    },
  ];
}
