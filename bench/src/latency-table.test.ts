import assert from "node:assert/strict";
import { test } from "node:test";
import type { LatencyRow } from "./cases/latency.ts";
import { formatLatency, p99Against } from "./latency-table.ts";

function row(id: string, p99Us: number, outcome: LatencyRow["outcome"] = { kind: "measured" }) {
  const sample = {
    round: 0,
    ratePerSecond: 1000,
    requests: 1000,
    unanswered: 0,
    p50Us: 100,
    p90Us: 200,
    p99Us,
    p999Us: p99Us,
    maxUs: p99Us,
    lateP99Us: 10,
    statusErrors: 0,
    socketErrors: 0,
  };
  const atEqual = [{ ...sample, p99Us: p99Us / 2 }];
  return { id, title: id, outcome, maxRate: 2000, atHalf: [sample], atEqual };
}

const ids = { of: "sluice-bun", to: "nginx" };

test("compares the 99th percentiles at each one's own half", () => {
  const rows = [row("nginx", 400), row("sluice-bun", 500)];
  assert.equal(p99Against(rows, ids, "atHalf")?.median, 1.25);
});

test("compares nothing with a row that failed", () => {
  const rows = [row("nginx", 400, { kind: "invalid", reason: "died" }), row("sluice-bun", 500)];
  assert.equal(p99Against(rows, ids, "atHalf"), undefined);
  assert.match(formatLatency(rows), /nginx, half of its maximum +invalid/);
});

test("shows both rates of each proxy in ms", () => {
  const table = formatLatency([row("nginx", 400)]);
  assert.match(table, /half of its maximum +1000 +0\.10 +0\.20 +0\.40 +1\.00/);
  assert.match(table, /same rate for all +1000 +0\.10 +0\.20 +0\.20 +1\.00/);
});
