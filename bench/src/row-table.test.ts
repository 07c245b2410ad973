import assert from "node:assert/strict";
import { test } from "node:test";
import type { MeasuredRow } from "./row-table.ts";
import { cpuByRow, formatCase, summarize } from "./row-table.ts";

function row(id: string, cpu: readonly number[], rate: readonly number[] = cpu): MeasuredRow {
  const samples = cpu.map((cpuUsPerRequest, round) => ({
    round,
    requests: 1000,
    requestsPerSecond: rate[round] ?? 0,
    cpuUsPerRequest,
    cpuShare: 1,
    p50Us: 1000,
    p99Us: 2000,
  }));
  return { id, title: id, outcome: { kind: "measured" }, samples, rssBytes: 1_000_000 };
}

const BASES = new Map([
  ["fast", "slow"],
  ["slow", "slow"],
]);

test("compares CPU time and throughput with the row that is the base", () => {
  const [fast] = summarize(
    [row("fast", [10, 12], [200, 200]), row("slow", [20, 24], [100, 50])],
    BASES,
  );
  assert.deepEqual(fast?.cpuAgainstBase, { median: 0.5, min: 0.5, max: 0.5 });
  assert.deepEqual(fast?.rateAgainstBase, { median: 3, min: 2, max: 4 });
});

test("keeps a row that failed midway out of medians, ratios and goals", () => {
  const failed: MeasuredRow = {
    ...row("slow", [20]),
    outcome: { kind: "invalid", reason: "died" },
  };
  const rows = summarize([row("fast", [10]), failed], BASES);
  assert.equal(rows[0]?.cpuAgainstBase, undefined);
  assert.equal(rows[1]?.cpuUsPerRequest, undefined);
  const result = { id: "get", title: "Small GET", base: "slow", rows } as const;
  assert.equal(cpuByRow([result]).get("get/slow")?.size, 0);
  assert.match(formatCase(result), /slow +invalid/);
});
