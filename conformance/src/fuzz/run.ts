// A run of the fuzzer: a gateway, an upstream that judges, and iterations until the time is over.
import { config, service } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { startGateway } from "../harness/gateway.ts";
import { Random } from "./random.ts";
import { fuzzRequests } from "./requests.ts";
import { fuzzResponses } from "./responses.ts";
import { JudgingUpstream } from "./upstream.ts";

/** What an iteration works with. */
export interface Parts {
  /** The gateway's. */
  readonly port: number;
  readonly upstream: JudgingUpstream;
}

export interface Iteration {
  readonly faults: readonly string[];
  /** The damaged bytes. */
  readonly sent: string;
  /** Messages that passed the gateway. */
  readonly accepted: number;
  readonly got: string;
  readonly outcome: string;
}

export interface Finding extends Iteration {
  readonly seed: number;
  readonly iteration: number;
}

export interface Report {
  readonly iterations: number;
  readonly accepted: number;
  /** How often each outcome came. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

export interface RunOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Where to begin: an iteration depends on the seed and its number alone. */
  readonly firstIteration?: number;
  readonly maxIterations?: number;
}

const MAX_FINDINGS = 5;

/** Even iterations damage requests, odd ones responses. */
export async function fuzz(options: RunOptions): Promise<Report> {
  return withParts((parts) => iterate(options, parts));
}

/** Starts a gateway and an upstream that judges, and ends both. Throws when the gateway has not lived through it. */
export async function withParts<Result>(use: (parts: Parts) => Promise<Result>): Promise<Result> {
  const upstream = await JudgingUpstream.start();
  const all = service("all", upstream.port, "/", { retries: 0, read_timeout: 3000 });
  const gateway = await startGateway({ config: config({ services: [all] }) });
  try {
    const result = await use({ port: gateway.proxyPort, upstream });
    // I1: whatever came, the process lives and says so.
    await eventually(async () => {
      const { status } = await gateway.status("/health/live");
      return status === 200 ? true : undefined;
    }, "a live gateway");
    return result;
  } finally {
    await upstream.close();
    await gateway.stop();
  }
}

async function iterate(options: RunOptions, parts: Parts): Promise<Report> {
  const { seed, durationMs, firstIteration = 0, maxIterations = Infinity } = options;
  const start = performance.now();
  const outcomes = new Map<string, number>();
  const findings: Finding[] = [];
  let count = 0;
  let accepted = 0;
  while (count < maxIterations && performance.now() - start < durationMs) {
    const iteration = firstIteration + count++;
    const random = Random.of(seed, iteration);
    const fuzzOne = iteration % 2 === 0 ? fuzzRequests : fuzzResponses;
    const result = await fuzzOne(random, parts);
    accepted += result.accepted;
    const outcome = `${iteration % 2 === 0 ? "requests" : "response"} ${result.outcome}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (result.faults.length === 0) continue;
    findings.push({ ...result, seed, iteration });
    if (findings.length >= MAX_FINDINGS) break;
  }
  return { iterations: count, accepted, outcomes, findings };
}

/** A finding as a person reads it, with the way to see it again. */
export function describeFinding({ seed, iteration, faults, sent, got }: Finding): string {
  return [
    `seed ${seed}, iteration ${iteration} (--seed ${seed} --iteration ${iteration})`,
    ...faults,
    `sent: ${JSON.stringify(sent)}`,
    `got: ${JSON.stringify(got)}`,
  ].join("\n");
}
