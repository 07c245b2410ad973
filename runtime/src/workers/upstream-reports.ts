// What the workers know of the upstreams, as one report: each checks for itself, so they may differ for a while.
import { BREAKER_STATES } from "../upstream/breaker/circuit-breaker.ts";
import type { BreakerReport, TargetReport, UpstreamReport } from "../upstream/report.ts";

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
        healthyWeightPercent: Math.min(...reports.map(({ report }) => report.healthyWeightPercent)),
        targets: [...Map.groupBy(targets, ({ target }) => target.target).values()].flatMap(merge),
      },
    ];
  });
}

/** The one that lets least through, with the transitions of all. */
function worstBreaker(breakers: readonly BreakerReport[]): BreakerReport | undefined {
  const [worst] = (["open", "half_open", "closed"] as const).flatMap((state) =>
    breakers.filter((breaker) => breaker.state === state),
  );
  if (worst === undefined) return undefined;
  const transitions = { closed: 0, open: 0, half_open: 0 };
  for (const breaker of breakers) {
    for (const state of BREAKER_STATES) transitions[state] += breaker.transitions[state];
  }
  return { ...worst, transitions };
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
      unhealthyWorkers: unhealthy.map(({ worker }) => worker),
    },
  ];
}
