// The results of a run: the object that becomes the JSON file, and the tables on stdout.
import type { CpuByRow, GoalResult } from "./goals.ts";
import type { InstanceCost } from "./instance.ts";
import type { Sample } from "./rounds.ts";
import type { Spread } from "./statistics.ts";
import { pairedRatio, spread } from "./statistics.ts";
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
  readonly cpuAgainstNginx: Spread | undefined;
}

export interface RuntimeCost {
  readonly runtime: string;
  readonly startMs: Spread | undefined;
  readonly idleRssBytes: Spread | undefined;
  readonly instance: InstanceCost | undefined;
}

export interface BenchResults {
  readonly startedAt: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly RowResult[];
  readonly runtimes: readonly RuntimeCost[];
  readonly goals: readonly GoalResult[];
  /** What could not be measured, in sentences. */
  readonly missing: readonly string[];
}

/** CPU time by round of the rows that have valid numbers. */
export function cpuByRow(rows: readonly MeasuredRow[]): CpuByRow {
  return new Map(
    rows
      .filter((row) => row.outcome.kind === "measured")
      .map((row) => [row.id, new Map(row.samples.map((s) => [s.round, s.cpuUsPerRequest]))]),
  );
}

/** Adds medians and ratios to what was measured. */
export function summarize(rows: readonly MeasuredRow[]): RowResult[] {
  const cpu = cpuByRow(rows);
  return rows.map((row) => {
    const own = cpu.get(row.id);
    const has = own !== undefined && own.size > 0;
    return {
      ...row,
      cpuUsPerRequest: has ? spread([...own.values()]) : undefined,
      cpuAgainstNginx: has ? pairedRatio(own, cpu.get("nginx") ?? new Map()) : undefined,
    };
  });
}

export function formatResults(results: BenchResults): string {
  const sections = [
    `${results.rounds} rounds of ${results.seconds} s; medians, range in brackets`,
    Object.entries(results.machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    formatTable(ROW_COLUMNS, results.rows.map(rowCells)),
  ];
  if (results.runtimes.length > 0) {
    sections.push(formatTable(RUNTIME_COLUMNS, results.runtimes.map(runtimeCells)));
  }
  sections.push(formatTable(GOAL_COLUMNS, results.goals.map(goalCells)));
  if (results.missing.length > 0) {
    sections.push(
      ["Missing:", ...results.missing.map((line) => `- ${line.replaceAll("\n", "\n    ")}`)].join(
        "\n",
      ),
    );
  }
  return sections.join("\n\n");
}

const ROW_COLUMNS: readonly Column[] = [
  { title: "Proxy", align: "left" },
  { title: "CPU µs/request", align: "right" },
  { title: "× nginx", align: "right" },
  { title: "requests/s", align: "right" },
  { title: "p50 ms", align: "right" },
  { title: "p99 ms", align: "right" },
  { title: "core busy", align: "right" },
  { title: "RSS MB", align: "right" },
];

function rowCells(row: RowResult): string[] {
  if (row.cpuUsPerRequest === undefined) return [row.title, row.outcome.kind];
  const middle = (pick: (sample: Sample) => number) => spread(row.samples.map(pick)).median;
  return [
    row.title,
    withRange(row.cpuUsPerRequest, 1),
    row.cpuAgainstNginx === undefined ? "" : row.cpuAgainstNginx.median.toFixed(2),
    middle((sample) => sample.requestsPerSecond).toFixed(0),
    (middle((sample) => sample.p50Us) / 1000).toFixed(2),
    (middle((sample) => sample.p99Us) / 1000).toFixed(2),
    `${(middle((sample) => sample.cpuShare) * 100).toFixed(0)} %`,
    row.rssBytes === undefined ? "" : megabytes(row.rssBytes).toFixed(0),
  ];
}

const RUNTIME_COLUMNS: readonly Column[] = [
  { title: "Sluice on", align: "left" },
  { title: "start ms", align: "right" },
  { title: "idle RSS MB", align: "right" },
  { title: "MB per instance", align: "right" },
  { title: "MB per plugin", align: "right" },
];

function runtimeCells(cost: RuntimeCost): string[] {
  const { startMs, idleRssBytes, instance } = cost;
  return [
    cost.runtime,
    startMs === undefined ? "absent" : withRange(startMs, 0),
    idleRssBytes === undefined ? "absent" : withRange(inMegabytes(idleRssBytes), 0),
    instance === undefined ? "absent" : withRange(inMegabytes(instance.bytesPerInstance), 2),
    instance === undefined ? "absent" : withRange(inMegabytes(instance.bytesPerPlugin), 2),
  ];
}

const GOAL_COLUMNS: readonly Column[] = [
  { title: "Goal", align: "left" },
  { title: "limit", align: "right" },
  { title: "measured", align: "right" },
  { title: "met", align: "left" },
];

function goalCells(goal: GoalResult): string[] {
  const digits = goal.unit === "ms" ? 0 : 2;
  return [
    goal.text,
    `${goal.isInclusive ? "≤" : "<"} ${goal.limit} ${goal.unit}`,
    goal.measured === undefined ? "not measured" : withRange(goal.measured, digits),
    goal.isMet === undefined ? "-" : goal.isMet ? "yes" : "NO",
  ];
}

function withRange({ median, min, max }: Spread, digits: number): string {
  const middle = median.toFixed(digits);
  return min === max ? middle : `${middle} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** Bytes to MB of 10^6 bytes. */
function megabytes(bytes: number): number {
  return bytes / 1_000_000;
}

export function inMegabytes({ median, min, max }: Spread): Spread {
  return { median: megabytes(median), min: megabytes(min), max: megabytes(max) };
}
