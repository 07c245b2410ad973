// One worker against two, with nginx as the yardstick.
import type { Lab } from "../lab.ts";
import { pinTo } from "../lab.ts";
import type { LoadCase, Placement } from "../load-case.ts";
import { smallGet } from "../load-case.ts";
import { nginx, sluice } from "../peer-list.ts";
import type { ProxySpec } from "../proxies.ts";
import type { CaseResult, MeasuredRow } from "../row-table.ts";
import { byRound } from "../row-table.ts";
import type { Runtime } from "../sluice.ts";
import type { Spread } from "../statistics.ts";
import { pairedRatio, scaled } from "../statistics.ts";
import { findFaults } from "../verify.ts";

const WORKERS = 2;
/** Two for the proxy, one for the upstream, one for wrk. */
const CPUS_APART = 4;

export const workersCase: LoadCase = {
  id: "workers",
  title: "Workers",
  proxies: [
    ...[1, WORKERS].map((workers) => named(nginx({ variant: `-${workers}`, workers }), workers)),
    ...pair("bun"),
    ...pair("node"),
  ],
  base: { title: "1 worker", rowId: ({ peer }) => `${peer}-1` },
  warmsUpEachTurn: false,
  placement,
  load: smallGet,
  verify: (_, proxy) => findFaults(proxy),
};

/** Whether upstream and load generator have cores that the proxy does not use. */
export function standsApart(lab: Lab): boolean {
  return lab.tools.taskset !== undefined && lab.cpus.length >= CPUS_APART;
}

export const SHARED_CORES_NOTE: string =
  `workers: upstream and wrk share the cores with the proxies (${CPUS_APART} CPUs are needed to part them), ` +
  "so the throughput of two is what is left over and says little; the gain by CPU time is " +
  `${WORKERS} × (CPU per request of one) / (CPU per request of two): what two full cores would give`;

export interface WorkerGain {
  /** Throughput of two by that of one; undefined where the load does not stand apart. */
  readonly byThroughput: Spread | undefined;
  /** What two full cores would give, from the CPU time of a request. */
  readonly byCpuTime: Spread | undefined;
}

export function workerGain(result: CaseResult, peer: string, isApart: boolean): WorkerGain {
  const one = result.rows.find(({ id }) => id === `${peer}-1`);
  const two = result.rows.find(({ id }) => id === `${peer}-${WORKERS}`);
  const cpu = (row: MeasuredRow | undefined) => byRound(row, (s) => s.cpuUsPerRequest);
  const rate = (row: MeasuredRow | undefined) => byRound(row, (s) => s.requestsPerSecond);
  const cpuRatio = pairedRatio(cpu(one), cpu(two));
  return {
    byThroughput: isApart ? pairedRatio(rate(two), rate(one)) : undefined,
    byCpuTime: cpuRatio === undefined ? undefined : scaled(cpuRatio, 1 / WORKERS),
  };
}

function placement(lab: Lab): Placement {
  if (!standsApart(lab)) return { proxyPin: [], loadPin: [], proxyCores: undefined };
  return {
    proxyPin: pinTo(lab.tools, lab.cpus, [1, 2]),
    loadPin: pinTo(lab.tools, lab.cpus, [3]),
    proxyCores: WORKERS,
  };
}

function pair(runtime: Runtime): ProxySpec[] {
  return [
    named(sluice(runtime, { variant: "-1" }), 1),
    named(sluice(runtime, { variant: `-${WORKERS}`, workers: WORKERS }), WORKERS),
  ];
}

function named(spec: ProxySpec, workers: number): ProxySpec {
  const count = workers === 1 ? "1 worker" : `${workers} workers`;
  return { ...spec, title: `${spec.title}, ${count}` };
}
