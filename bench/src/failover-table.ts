// The table of what a killed target costs.
import type { FailoverRow } from "./cases/failover.ts";
import { failures } from "./cases/failover.ts";
import { scaled, spread, withRange } from "./statistics.ts";
import type { Column } from "./table.ts";
import { formatTable } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { title: "One of three targets killed and back", align: "left" },
  { title: "requests", align: "right" },
  { title: "failed", align: "right" },
  { title: "failed %", align: "right" },
  { title: "p99 ms", align: "right" },
  { title: "longest ms", align: "right" },
];

export function formatFailover(rows: readonly FailoverRow[]): string {
  return formatTable(COLUMNS, rows.map(cells));
}

function cells({ title, outcome, samples }: FailoverRow): string[] {
  if (outcome.kind !== "measured") return [title, outcome.kind];
  const requests = samples.reduce((sum, each) => sum + each.requests + each.unanswered, 0);
  const failed = samples.reduce((sum, each) => sum + failures(each), 0);
  const ms = (pick: (sample: FailoverRow["samples"][number]) => number): string =>
    withRange(scaled(spread(samples.map(pick)), 1000), 1);
  return [
    title,
    String(requests),
    String(failed),
    ((100 * failed) / Math.max(1, requests)).toFixed(3),
    ms((sample) => sample.p99Us),
    ms((sample) => sample.maxUs),
  ];
}
