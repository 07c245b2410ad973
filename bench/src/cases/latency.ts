// Latency when a proxy has half of what it can do: open loop, at half of each one's maximum and at one rate for all.
import type { Lab } from "../lab.ts";
import { coreEach, smallGet, SMALL_GET_CONNECTIONS } from "../load-case.ts";
import type { OpenLoopReport } from "../open-loop/protocol.ts";
import { openLoopFault } from "../open-loop/protocol.ts";
import { runOpenLoop } from "../open-loop/run.ts";
import type { BenchOptions } from "../options.ts";
import { haproxy, nginx, sluice } from "../peer-list.ts";
import type { RunningProxy } from "../proxies.ts";
import { bringUp } from "../proxies.ts";
import type { RowOutcome } from "../row-table.ts";
import { runWrk } from "../rounds.ts";
import { loadFault } from "../wrk.ts";
import { PACKAGES } from "../tools.ts";
import { findFaults } from "../verify.ts";

export interface LatencySample extends OpenLoopReport {
  readonly round: number;
  readonly ratePerSecond: number;
}

export interface LatencyRow {
  readonly id: string;
  readonly title: string;
  readonly outcome: RowOutcome;
  /** Requests per second that wrk got in the same run. */
  readonly maxRate: number | undefined;
  /** At half of its own maximum. */
  readonly atHalf: readonly LatencySample[];
  /** At half of the lowest maximum of all. */
  readonly atEqual: readonly LatencySample[];
}

const PROXIES = [nginx(), haproxy(), sluice("bun"), sluice("node")];

interface Subject {
  readonly proxy: RunningProxy;
  readonly maxRate: number;
  readonly atHalf: LatencySample[];
  readonly atEqual: LatencySample[];
  fault: string | undefined;
}

/** Never throws for one proxy. Leaves none running. */
export async function measureLatency(
  lab: Lab,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<LatencyRow[]> {
  const subjects: Subject[] = [];
  const absent: LatencyRow[] = [];
  progress("\nLatency at half of the maximum rate");
  for (const spec of PROXIES.filter(({ peer }) => options.selection.wantsPeer(peer))) {
    const outcome = await prepare(lab, spec, options);
    if ("reason" in outcome) absent.push(absentRow(spec, outcome.reason));
    else subjects.push(outcome);
    const { id, title } = spec;
    progress(
      "reason" in outcome
        ? `${title}: ${outcome.reason}`
        : `${id}: at most ${outcome.maxRate.toFixed(0)} requests/s`,
    );
  }
  await measureAll(lab, subjects, options, progress);
  await Promise.all(subjects.map(({ proxy }) => lab.children.stop(proxy.child)));
  return [...subjects.map(rowOf), ...absent];
}

/** Starts a proxy and finds its maximum, which also warms it up. */
async function prepare(
  lab: Lab,
  spec: (typeof PROXIES)[number],
  options: BenchOptions,
): Promise<Subject | { readonly reason: string }> {
  if (lab.tools.bun === undefined) return { reason: `the generator needs bun: ${PACKAGES.bun}` };
  const placement = coreEach(lab);
  const outcome = await bringUp(lab, spec, { prefix: placement.proxyPin, verify: findFaults });
  if (outcome.kind === "absent") return outcome;
  const { proxy } = outcome;
  try {
    const load = smallGet(lab);
    await runWrk(lab, proxy, { placement, load, seconds: options.warmUpSeconds * 2 });
    const report = await runWrk(lab, proxy, { placement, load, seconds: options.seconds });
    const fault = loadFault(report);
    if (fault !== undefined) throw new Error(fault);
    const maxRate = (report.requests * 1_000_000) / report.durationUs;
    return { proxy, maxRate, atHalf: [], atEqual: [], fault: undefined };
  } catch (error) {
    // Its row says why; the others are still measured.
    await lab.children.stop(proxy.child);
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

async function measureAll(
  lab: Lab,
  subjects: readonly Subject[],
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<void> {
  const equalRate = Math.min(...subjects.map(({ maxRate }) => maxRate)) / 2;
  for (let round = 0; round < options.rounds; round++) {
    const first = round % Math.max(1, subjects.length);
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      if (subject.fault !== undefined) continue;
      const take = (ratePerSecond: number) => takeSample(lab, subject, { options, ratePerSecond });
      const half = await take(subject.maxRate / 2);
      const equal = half === undefined ? undefined : await take(equalRate);
      if (half !== undefined && equal !== undefined) {
        subject.atHalf.push({ ...half, round });
        subject.atEqual.push({ ...equal, round });
      }
      progress(turnLine(subject, round));
    }
  }
}

/** Undefined, with the subject's fault set, when the run does not count. */
async function takeSample(
  lab: Lab,
  subject: Subject,
  { options, ratePerSecond }: { options: BenchOptions; ratePerSecond: number },
): Promise<Omit<LatencySample, "round"> | undefined> {
  try {
    const rate = Math.max(1, Math.round(ratePerSecond));
    const report = await runOpenLoop(lab, {
      port: subject.proxy.port,
      ratePerSecond: rate,
      connections: SMALL_GET_CONNECTIONS,
      seconds: options.seconds,
    });
    subject.fault = openLoopFault(report);
    if (subject.fault === undefined) return { ...report, ratePerSecond: rate };
  } catch (error) {
    // One proxy that dies must not cost the others their numbers.
    subject.fault = error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

function turnLine({ proxy, fault, atHalf }: Subject, round: number): string {
  const last = atHalf.at(-1);
  if (fault !== undefined || last === undefined) return `${proxy.spec.title}: invalid, ${fault}`;
  const p99 = (last.p99Us / 1000).toFixed(2);
  return `round ${round + 1}  ${proxy.spec.title}: p99 ${p99} ms at ${last.ratePerSecond}/s`;
}

function rowOf({ proxy, fault, maxRate, atHalf, atEqual }: Subject): LatencyRow {
  const { id, title } = proxy.spec;
  const outcome: RowOutcome =
    fault === undefined ? { kind: "measured" } : { kind: "invalid", reason: fault };
  return { id, title, outcome, maxRate, atHalf, atEqual };
}

function absentRow({ id, title }: (typeof PROXIES)[number], reason: string): LatencyRow {
  const outcome: RowOutcome = { kind: "absent", reason };
  return { id, title, outcome, maxRate: undefined, atHalf: [], atEqual: [] };
}
