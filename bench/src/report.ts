// The results of a run: the object that becomes the JSON file, and the tables on stdout.
import type { IdleRow } from "./cases/idle.ts";
import type { LatencyRow } from "./cases/latency.ts";
import type { Measured } from "./cases/in-process.ts";
import type { FailoverRow } from "./cases/failover.ts";
import { formatFailover } from "./failover-table.ts";
import { formatMetering } from "./cases/metering.ts";
import { formatPluginCalls } from "./cases/plugin-call.ts";
import type { GoalResult } from "./goals.ts";
import type { InstanceCost } from "./instance.ts";
import { formatLatency } from "./latency-table.ts";
import type { CaseResult } from "./row-table.ts";
import { formatCase } from "./row-table.ts";
import type { Spread } from "./statistics.ts";
import { scaled, withRange } from "./statistics.ts";
import type { Column } from "./table.ts";
import { formatTable } from "./table.ts";

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
  readonly cases: readonly CaseResult[];
  readonly latency: readonly LatencyRow[];
  readonly idle: readonly IdleRow[];
  readonly pluginCalls: readonly Measured[];
  readonly metering: readonly Measured[];
  readonly failover: readonly FailoverRow[];
  readonly runtimes: readonly RuntimeCost[];
  readonly goals: readonly GoalResult[];
  /** How numbers are to be read on this machine. */
  readonly notes: readonly string[];
  /** What could not be measured, in sentences. */
  readonly missing: readonly string[];
}

export function formatResults(results: BenchResults): string {
  const { cases, latency, idle, pluginCalls, metering, failover } = results;
  const { runtimes, goals, notes, missing } = results;
  const sections = [
    `${results.rounds} rounds of ${results.seconds} s; medians, range in brackets`,
    Object.entries(results.machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    ...cases.map(formatCase),
  ];
  if (latency.length > 0) sections.push(formatLatency(latency));
  if (idle.length > 0) sections.push(formatTable(IDLE_COLUMNS, idle.map(idleCells)));
  sections.push(...pluginCalls.map(formatPluginCalls));
  sections.push(...metering.map(formatMetering));
  if (failover.length > 0) sections.push(formatFailover(failover));
  if (runtimes.length > 0) sections.push(formatTable(RUNTIME_COLUMNS, runtimes.map(runtimeCells)));
  for (const [topic, ofTopic] of Map.groupBy(goals, (goal) => goal.topic)) {
    sections.push(formatTable(goalColumns(topic), ofTopic.map(goalCells)));
  }
  if (notes.length > 0) sections.push(["Notes:", ...notes.map(asItem)].join("\n"));
  if (missing.length > 0) sections.push(["Missing:", ...missing.map(asItem)].join("\n"));
  return sections.join("\n\n");
}

function asItem(line: string): string {
  return `- ${line.replaceAll("\n", "\n    ")}`;
}

const IDLE_COLUMNS: readonly Column[] = [
  { title: "Idle connections", align: "left" },
  { title: "connections", align: "right" },
  { title: "KB each", align: "right" },
  { title: "RSS MB before", align: "right" },
  { title: "with them", align: "right" },
];

function idleCells(row: IdleRow): string[] {
  const { title, connections, bytesPerConnection, firstRssBytes, fullRssBytes } = row;
  if (bytesPerConnection === undefined) return [title, row.outcome.kind];
  const each = cell(inKilobytes(bytesPerConnection), 2);
  return [title, String(connections), each, mb(firstRssBytes), mb(fullRssBytes)];
}

const RUNTIME_COLUMNS: readonly Column[] = [
  { title: "Sluice on", align: "left" },
  { title: "start ms", align: "right" },
  { title: "idle RSS MB", align: "right" },
  { title: "MB per instance", align: "right" },
  { title: "MB per plugin", align: "right" },
];

function runtimeCells({ runtime, startMs, idleRssBytes, instance }: RuntimeCost): string[] {
  return [
    runtime,
    cell(startMs, 0),
    mb(idleRssBytes),
    mb(instance?.bytesPerInstance, 2),
    mb(instance?.bytesPerPlugin, 2),
  ];
}

function goalColumns(topic: string): readonly Column[] {
  return [
    { title: `Goals: ${topic}`, align: "left" },
    { title: "limit", align: "right" },
    { title: "measured", align: "right" },
    { title: "met", align: "left" },
  ];
}

function goalCells({ text, comparison, limit, unit, measured, isMet }: GoalResult): string[] {
  return [
    text,
    `${comparison} ${limit} ${unit}`,
    measured === undefined ? "not measured" : withRange(measured, unit === "ms" ? 0 : 2),
    isMet === undefined ? "-" : isMet ? "yes" : "NO",
  ];
}

function cell(value: Spread | undefined, digits: number): string {
  return value === undefined ? "absent" : withRange(value, digits);
}

function mb(bytes: Spread | undefined, digits = 0): string {
  return cell(bytes === undefined ? undefined : inMegabytes(bytes), digits);
}

export function inMegabytes(bytes: Spread): Spread {
  return scaled(bytes, 1_000_000);
}

export function inKilobytes(bytes: Spread): Spread {
  return scaled(bytes, 1_000);
}
