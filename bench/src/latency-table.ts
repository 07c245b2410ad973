// The latency rows' ratios and table.
import type { LatencyRow, LatencySample } from "./cases/latency.ts";
import type { Spread } from "./statistics.ts";
import { pairedRatio, scaled, spread, withRange } from "./statistics.ts";
import type { Column } from "./table.ts";
import { formatTable } from "./table.ts";

type Rate = "atHalf" | "atEqual";

/** A row's p99 by another's, round by round; undefined when one has no valid numbers. */
export function p99Against(
  rows: readonly LatencyRow[],
  ids: { readonly of: string; readonly to: string },
  rate: Rate,
): Spread | undefined {
  return pairedRatio(p99ByRound(rows, ids.of, rate), p99ByRound(rows, ids.to, rate));
}

function p99ByRound(rows: readonly LatencyRow[], id: string, rate: Rate): Map<number, number> {
  const row = rows.find((candidate) => candidate.id === id);
  if (row?.outcome.kind !== "measured") return new Map();
  return new Map(row[rate].map((sample) => [sample.round, sample.p99Us]));
}

const COLUMNS: readonly Column[] = [
  { title: "Latency, open loop", align: "left" },
  { title: "requests/s", align: "right" },
  { title: "p50 ms", align: "right" },
  { title: "p90 ms", align: "right" },
  { title: "p99 ms", align: "right" },
  { title: "p99 × nginx", align: "right" },
  { title: "p99.9 ms", align: "right" },
  { title: "sent late, p99 ms", align: "right" },
];

/** One block at half of each one's maximum, one at the same rate for all. */
export function formatLatency(rows: readonly LatencyRow[]): string {
  const cells = (rate: Rate, label: string) => rows.map((row) => rowCells(rows, row, rate, label));
  return formatTable(COLUMNS, [
    ...cells("atHalf", "half of its maximum"),
    ...cells("atEqual", "same rate for all"),
  ]);
}

function rowCells(
  rows: readonly LatencyRow[],
  row: LatencyRow,
  rate: Rate,
  label: string,
): string[] {
  const title = `${row.title}, ${label}`;
  const samples = row[rate];
  if (row.outcome.kind !== "measured") return [title, row.outcome.kind];
  const of = (pick: (sample: LatencySample) => number) => spread(samples.map(pick));
  const middleMs = (pick: (sample: LatencySample) => number) => (of(pick).median / 1000).toFixed(2);
  return [
    title,
    of((sample) => sample.ratePerSecond).median.toFixed(0),
    middleMs((sample) => sample.p50Us),
    middleMs((sample) => sample.p90Us),
    withRange(
      scaled(
        of((sample) => sample.p99Us),
        1000,
      ),
      2,
    ),
    p99Against(rows, { of: row.id, to: "nginx" }, rate)?.median.toFixed(2) ?? "",
    middleMs((sample) => sample.p999Us),
    middleMs((sample) => sample.lateP99Us),
  ];
}
