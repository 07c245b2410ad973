import assert from "node:assert/strict";
import { test } from "node:test";
import { loadFault, parseReport } from "./wrk.ts";

const report = {
  requests: 10,
  durationUs: 1_000_000,
  p50Us: 800,
  p99Us: 2000,
  statusErrors: 0,
  socketErrors: 0,
};

test("finds the report among wrk's own lines", () => {
  const output = `Running 1s test\n  10 requests\n${JSON.stringify(report)}\n`;
  assert.deepEqual(parseReport(output), report);
});

test("refuses output without a report", () => {
  assert.throws(() => parseReport("unable to connect"), /unable to connect/);
});

test("counts a run only when it has answers and no error", () => {
  assert.equal(loadFault(report), undefined);
  assert.match(loadFault({ ...report, requests: 0 }) ?? "", /no request/);
  assert.match(loadFault({ ...report, statusErrors: 3 }) ?? "", /3 answers/);
  assert.match(loadFault({ ...report, socketErrors: 2 }) ?? "", /2 socket/);
});
