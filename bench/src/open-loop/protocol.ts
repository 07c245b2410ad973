// What the bench tells the open-loop generator, and what that reports.

export interface OpenLoopRequest {
  readonly port: number;
  /** One whole HTTP request; its characters are bytes. */
  readonly message: string;
  readonly ratePerSecond: number;
  readonly connections: number;
  /** Sent at the same rate and not counted. */
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** How long answers may come after the last request was due. */
  readonly drainMs: number;
}

/** Latency counts from the moment when a request was due, not from when it could be sent. */
export interface OpenLoopReport {
  readonly requests: number;
  readonly unanswered: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  /** How late the generator itself noticed that requests were due: its share of the latency. */
  readonly lateP99Us: number;
  /** Answers other than 2xx. */
  readonly statusErrors: number;
  readonly socketErrors: number;
}

/** Finds the report among other output. Throws when there is none. */
export function parseOpenLoopReport(output: string): OpenLoopReport {
  const line = output.split("\n").find((candidate) => candidate.startsWith('{"requests"'));
  if (line === undefined) throw new Error(`the generator printed no report: ${output}`);
  // generator.ts writes exactly these fields.
  return JSON.parse(line) as OpenLoopReport;
}

/** Why a run does not count, or undefined when it does. */
export function openLoopFault(report: OpenLoopReport): string | undefined {
  if (report.requests === 0) return "no request was answered";
  if (report.unanswered > 0) return `${report.unanswered} requests were not answered in time`;
  if (report.statusErrors > 0) return `${report.statusErrors} answers were not 2xx`;
  if (report.socketErrors > 0) return `${report.socketErrors} connections failed`;
  return undefined;
}
