// Runs the load generator and reads its report.
import type { Children } from "./children.ts";

export interface LoadReport {
  readonly requests: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Answers other than 2xx and 3xx. */
  readonly statusErrors: number;
  readonly socketErrors: number;
}

export interface LoadOptions {
  /** Path of wrk. */
  readonly program: string;
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Script that prints the report of peers/wrk-report.lua. */
  readonly script: string;
  readonly pin: readonly string[];
}

/** Throws when wrk fails or prints no report. */
export async function runLoad(children: Children, options: LoadOptions): Promise<LoadReport> {
  const headers = Object.entries(options.headers).flatMap(([name, value]) => [
    "-H",
    `${name}: ${value}`,
  ]);
  const child = children.start("wrk", [
    ...options.pin,
    options.program,
    "-t1",
    `-c${options.connections}`,
    `-d${options.seconds}s`,
    "-s",
    options.script,
    ...headers,
    options.url,
  ]);
  const code = await child.exited;
  if (code !== 0) throw new Error(`wrk ended with ${code}: ${child.lastOutput()}`);
  return parseReport(child.lastOutput());
}

/** Finds the JSON line of wrk-report.lua in what wrk printed. Throws when there is none. */
export function parseReport(output: string): LoadReport {
  const line = output.split("\n").find((candidate) => candidate.startsWith('{"requests"'));
  if (line === undefined) throw new Error(`wrk printed no report: ${output}`);
  // wrk-report.lua beside the configs writes exactly these fields.
  return JSON.parse(line) as LoadReport;
}

/** Why a run does not count, or undefined when it does. */
export function loadFault(report: LoadReport): string | undefined {
  if (report.requests === 0) return "no request was answered";
  if (report.statusErrors > 0) return `${report.statusErrors} answers were not 2xx`;
  if (report.socketErrors > 0) return `${report.socketErrors} socket errors`;
  return undefined;
}
