// The result of a case under wrk's load: rows with medians and ratios, and their table.
import type { Sample } from "./rounds.ts";
import type { CaseId } from "./selection.ts";
import type { Spread } from "./statistics.ts";
import { megabytes, pairedRatio, spread, withRange } from "./statistics.ts";
import type { Column } from "./table.ts";
import { formatTable } from "./table.ts";

/** `absent`: not started or not doing the work; `invalid`: failed while it was measured. */
export type RowOutcome =
  | { readonly kind: "measured" }
  | { readonly kind: "absent" | "invalid"; readonly reason: string };

export interface MeasuredRow {
  readonly id: string;
  readonly title: string;
  readonly outcome: RowOutcome;
  readonly samples: readonly Sample[];
  /** Resident memory of the proxy after its last round. */
  readonly rssBytes: number | undefined;
}

export interface RowResult extends MeasuredRow {
  readonly cpuUsPerRequest: Spread | undefined;
  /** CPU time and throughput as ratios to the row that this one is compared with. */
  readonly cpuAgainstBase: Spread | undefined;
  readonly rateAgainstBase: Spread | undefined;
}

export interface CaseResult {
  readonly id: CaseId;
  readonly title: string;
  /** What ratios are against. */
  readonly base: string;
  readonly rows: readonly RowResult[];
}

/** A row's numbers by round; none when the row is not valid. */
export type ByRound = ReadonlyMap<number, number>;

export function byRound(row: MeasuredRow | undefined, pick: (sample: Sample) => number): ByRound {
  if (row?.outcome.kind !== "measured") return new Map();
  return new Map(row.samples.map((sample) => [sample.round, pick(sample)]));
}

/** Adds medians, and ratios to the row that `bases` names for each id. */
export function summarize(
  rows: readonly MeasuredRow[],
  bases: ReadonlyMap<string, string>,
): RowResult[] {
  return rows.map((row) => {
    const base = rows.find((candidate) => candidate.id === bases.get(row.id));
    const against = (pick: (sample: Sample) => number) => {
      return pairedRatio(byRound(row, pick), byRound(base, pick));
    };
    const own = byRound(row, (sample) => sample.cpuUsPerRequest);
    return {
      ...row,
      cpuUsPerRequest: own.size > 0 ? spread([...own.values()]) : undefined,
      cpuAgainstBase: against((sample) => sample.cpuUsPerRequest),
      rateAgainstBase: against((sample) => sample.requestsPerSecond),
    };
  });
}

/** CPU time by round of all rows with valid numbers; keys are `case/row`. */
export function cpuByRow(cases: readonly CaseResult[]): Map<string, ByRound> {
  return new Map(
    cases.flatMap(({ id, rows }) => {
      return rows.map(
        (row) => [`${id}/${row.id}`, byRound(row, (s) => s.cpuUsPerRequest)] as const,
      );
    }),
  );
}

export function formatCase({ title, base, rows }: CaseResult): string {
  const columns: readonly Column[] = [
    { title, align: "left" },
    { title: "CPU µs/request", align: "right" },
    { title: `× ${base}`, align: "right" },
    { title: "requests/s", align: "right" },
    { title: `× ${base}`, align: "right" },
    { title: "p50 ms", align: "right" },
    { title: "p99 ms", align: "right" },
    { title: "cores busy", align: "right" },
    { title: "RSS MB", align: "right" },
  ];
  return formatTable(columns, rows.map(rowCells));
}

function rowCells(row: RowResult): string[] {
  if (row.cpuUsPerRequest === undefined) return [row.title, row.outcome.kind];
  const middle = (pick: (sample: Sample) => number) => spread(row.samples.map(pick)).median;
  return [
    row.title,
    withRange(row.cpuUsPerRequest, 1),
    row.cpuAgainstBase?.median.toFixed(2) ?? "",
    middle((sample) => sample.requestsPerSecond).toFixed(0),
    row.rateAgainstBase?.median.toFixed(2) ?? "",
    (middle((sample) => sample.p50Us) / 1000).toFixed(2),
    (middle((sample) => sample.p99Us) / 1000).toFixed(2),
    middle((sample) => sample.cpuShare).toFixed(2),
    row.rssBytes === undefined ? "" : megabytes(row.rssBytes).toFixed(0),
  ];
}
