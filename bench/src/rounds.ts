// The timed part of a case: all proxies in turns, several rounds, one wrk run for each turn.
import { CLIENT_HEADERS } from "./fixture.ts";
import type { Lab } from "./lab.ts";
import type { LoadCase, LoadShape, Placement } from "./load-case.ts";
import { takeLines } from "./log-file.ts";
import { tickMicroseconds, treeCpuTicks } from "./proc.ts";
import type { RunningProxy } from "./proxies.ts";
import type { LoadReport } from "./wrk.ts";
import { loadFault, runLoad } from "./wrk.ts";

export interface Sample {
  readonly round: number;
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
  /** CPU time by wall time: 1 is one core fully used. */
  readonly cpuShare: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface Series {
  readonly proxy: RunningProxy;
  readonly samples: Sample[];
  /** Why this proxy's numbers do not count; it is not measured further. */
  fault: string | undefined;
}

export interface RoundsOptions {
  readonly placement: Placement;
  readonly load: LoadShape;
  readonly warmsUpEachTurn: LoadCase["warmsUpEachTurn"];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly onTurn: (series: Series) => void;
}

/** Measures every proxy once a round, beginning with another one each time. */
export async function measureInTurns(
  lab: Lab,
  proxies: readonly RunningProxy[],
  options: RoundsOptions,
): Promise<Series[]> {
  const all: Series[] = proxies.map((proxy) => ({ proxy, samples: [], fault: undefined }));
  for (let round = 0; round < options.rounds; round++) {
    const first = round % all.length;
    for (const series of [...all.slice(first), ...all.slice(0, first)]) {
      if (series.fault !== undefined) continue;
      const outcome = await takeTurn(lab, series.proxy, { ...options, round });
      if (outcome.kind === "measured") series.samples.push(outcome.sample);
      else series.fault = `round ${round + 1}: ${outcome.fault}`;
      options.onTurn(series);
    }
  }
  return all;
}

/** The just-in-time compilers of Bun, Node and LuaJIT need longer the first time. */
const FIRST_WARM_UP_FACTOR = 2;

type Turn =
  | { readonly kind: "measured"; readonly sample: Sample }
  | { readonly kind: "invalid"; readonly fault: string };

async function takeTurn(
  lab: Lab,
  proxy: RunningProxy,
  options: RoundsOptions & { readonly round: number },
): Promise<Turn> {
  try {
    const warmUp = await warmUpBefore(lab, proxy, options);
    const ticksBefore = treeCpuTicks(proxy.child.pid);
    const report = await runWrk(lab, proxy, { ...options, seconds: options.seconds });
    const ticks = treeCpuTicks(proxy.child.pid) - ticksBefore;
    const sample = toSample(report, ticks * tickMicroseconds(), options.round);
    const fault = warmUp.fault ?? loadFault(report) ?? cpuFault(options.placement, sample, ticks);
    if (fault !== undefined) return { kind: "invalid", fault };
    if (proxy.spec.hasPolicies) {
      const requests = warmUp.requests + report.requests;
      const lines = await takeLines(proxy.logPath);
      if (lines < requests) return { kind: "invalid", fault: `${lines} of ${requests} logged` };
    }
    return { kind: "measured", sample };
  } catch (error) {
    // One proxy that dies must not cost the others their numbers: its row says what happened.
    return { kind: "invalid", fault: error instanceof Error ? error.message : String(error) };
  }
}

interface WarmUp {
  readonly requests: number;
  readonly fault: string | undefined;
}

async function warmUpBefore(
  lab: Lab,
  proxy: RunningProxy,
  options: RoundsOptions & { readonly round: number },
): Promise<WarmUp> {
  const isFirst = options.round === 0;
  if (!isFirst && !options.warmsUpEachTurn) return { requests: 0, fault: undefined };
  const seconds = options.warmUpSeconds * (isFirst ? FIRST_WARM_UP_FACTOR : 1);
  const report = await runWrk(lab, proxy, { ...options, seconds });
  return { requests: report.requests, fault: loadFault(report) };
}

function toSample(report: LoadReport, cpuUs: number, round: number): Sample {
  return {
    round,
    requests: report.requests,
    requestsPerSecond: (report.requests * 1_000_000) / report.durationUs,
    cpuUsPerRequest: cpuUs / Math.max(1, report.requests),
    cpuShare: cpuUs / report.durationUs,
    p50Us: report.p50Us,
    p99Us: report.p99Us,
  };
}

const MIN_TICKS = 20;
const PINNED_SHARE_TOLERANCE = 1.1;

/** A process tree that used no CPU, or more than its core has, was not measured right. */
function cpuFault({ proxyCores }: Placement, sample: Sample, ticks: number): string | undefined {
  if (ticks < MIN_TICKS) return `only ${ticks} ticks of CPU time: the run is too short`;
  if (proxyCores !== undefined && sample.cpuShare > proxyCores * PINNED_SHARE_TOLERANCE) {
    return `${sample.cpuShare.toFixed(2)} cores of CPU time: it is not pinned to ${proxyCores}`;
  }
  return undefined;
}

export interface WrkRun {
  readonly placement: Placement;
  readonly load: LoadShape;
  readonly seconds: number;
}

/** One run of wrk against a proxy. */
export function runWrk(lab: Lab, proxy: RunningProxy, run: WrkRun): Promise<LoadReport> {
  const { path, connections, script } = run.load;
  return runLoad(lab.children, {
    program: lab.tools.wrk ?? "wrk",
    url: `http://127.0.0.1:${proxy.port}${path}`,
    seconds: run.seconds,
    connections,
    headers: { ...CLIENT_HEADERS, ...proxy.spec.headers?.() },
    script,
    pin: run.placement.loadPin,
  });
}
