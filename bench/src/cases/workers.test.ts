import assert from "node:assert/strict";
import { test } from "node:test";
import type { CaseResult, MeasuredRow } from "../row-table.ts";
import { summarize } from "../row-table.ts";
import { workerGain } from "./workers.ts";

function row(id: string, cpuUsPerRequest: number, requestsPerSecond: number): MeasuredRow {
  const sample = {
    requests: 1,
    cpuUsPerRequest,
    requestsPerSecond,
    cpuShare: 1,
    p50Us: 1,
    p99Us: 1,
  };
  const samples = [{ ...sample, round: 0 }];
  return { id, title: id, outcome: { kind: "measured" }, samples, rssBytes: undefined };
}

function result(...rows: MeasuredRow[]): CaseResult {
  return { id: "workers", title: "Workers", base: "1 worker", rows: summarize(rows, new Map()) };
}

const both = result(row("sluice-bun-1", 20, 100), row("sluice-bun-2", 25, 170));

test("takes the throughput of two by that of one where the load stands apart", () => {
  assert.equal(workerGain(both, "sluice-bun", true).byThroughput?.median, 1.7);
  assert.equal(workerGain(both, "sluice-bun", false).byThroughput, undefined);
});

test("takes from the gain of two cores what a request costs more on two", () => {
  assert.equal(workerGain(both, "sluice-bun", false).byCpuTime?.median, 1.6);
});

test("has no gain when one of the rows has no numbers", () => {
  const gain = workerGain(result(row("sluice-bun-1", 20, 100)), "sluice-bun", true);
  assert.deepEqual(gain, { byThroughput: undefined, byCpuTime: undefined });
});
