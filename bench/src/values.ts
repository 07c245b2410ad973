// The single values of a run that goals name.
import type { IdleRow } from "./cases/idle.ts";
import type { Measured } from "./cases/in-process.ts";
import { meteringRatio } from "./cases/metering.ts";
import { callRatio } from "./cases/plugin-call.ts";
import type { LatencyRow } from "./cases/latency.ts";
import { workerGain } from "./cases/workers.ts";
import type { Values } from "./goals.ts";
import { p99Against } from "./latency-table.ts";
import type { RuntimeCost } from "./report.ts";
import { inKilobytes, inMegabytes } from "./report.ts";
import type { CaseResult } from "./row-table.ts";
import type { Runtime } from "./sluice.ts";
import { RUNTIMES } from "./sluice.ts";
import type { Spread } from "./statistics.ts";

export interface Measurements {
  readonly cases: readonly CaseResult[];
  /** Whether the load of the workers' case had cores of its own. */
  readonly isLoadApart: boolean;
  readonly latency: readonly LatencyRow[];
  readonly idle: readonly IdleRow[];
  readonly pluginCalls: readonly Measured[];
  readonly metering: readonly Measured[];
  readonly runtimes: readonly RuntimeCost[];
}

/** In the units of the goals: ms, KB, MB, or a ratio. What was not measured is not in it. */
export function goalValues(measurements: Measurements): Values {
  const values = new Map<string, Spread>();
  for (const runtime of RUNTIMES) {
    for (const [id, value] of Object.entries(valuesOf(runtime, measurements))) {
      if (value !== undefined) values.set(`${id}-${runtime}`, value);
    }
  }
  return values;
}

function valuesOf(
  runtime: Runtime,
  { cases, isLoadApart, latency, idle, pluginCalls, metering, runtimes }: Measurements,
): Record<string, Spread | undefined> {
  const peer = `sluice-${runtime}`;
  const workers = cases.find(({ id }) => id === "workers");
  const gain = workers === undefined ? undefined : workerGain(workers, peer, isLoadApart);
  const connection = idle.find(({ id }) => id === peer)?.bytesPerConnection;
  const cost = runtimes.find((candidate) => candidate.runtime === runtime);
  const calls = pluginCalls.find((candidate) => candidate.runtime === runtime);
  const idleRss = cost?.idleRssBytes;
  const instance = cost?.instance?.bytesPerInstance;
  const metered = metering.find((of) => of.runtime === runtime);
  return {
    start: cost?.startMs,
    idle: idleRss === undefined ? undefined : inMegabytes(idleRss),
    instance: instance === undefined ? undefined : inMegabytes(instance),
    p99: p99Against(latency, { of: peer, to: "nginx" }, "atHalf"),
    workers: gain?.byThroughput,
    "workers-cpu": gain?.byCpuTime,
    "call-typescript": calls && callRatio(calls, "typescript"),
    "call-assemblyscript": calls && callRatio(calls, "assemblyscript"),
    "call-chunk": calls && callRatio(calls, "chunk-typescript"),
    "metering-loop": metered && meteringRatio(metered, "empty-loop"),
    "metering-assemblyscript": metered && meteringRatio(metered, "assemblyscript"),
    "metering-quickjs": metered && meteringRatio(metered, "quickjs-key-auth"),
    connection: connection === undefined ? undefined : inKilobytes(connection),
  };
}
