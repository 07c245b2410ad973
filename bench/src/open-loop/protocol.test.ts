import assert from "node:assert/strict";
import { test } from "node:test";
import type { OpenLoopReport } from "./protocol.ts";
import { openLoopFault, parseOpenLoopReport } from "./protocol.ts";

const report: OpenLoopReport = {
  requests: 10,
  unanswered: 0,
  p50Us: 1,
  p90Us: 2,
  p99Us: 3,
  p999Us: 4,
  maxUs: 4,
  lateP99Us: 1,
  statusErrors: 0,
  socketErrors: 0,
};

test("finds the report among other output", () => {
  assert.deepEqual(parseOpenLoopReport(`warning\n${JSON.stringify(report)}\n`), report);
  assert.throws(() => parseOpenLoopReport("killed"), /killed/);
});

test("counts a run only when every request was answered well", () => {
  assert.equal(openLoopFault(report), undefined);
  assert.match(openLoopFault({ ...report, unanswered: 2 }) ?? "", /2 requests/);
  assert.match(openLoopFault({ ...report, statusErrors: 3 }) ?? "", /3 answers/);
  assert.match(openLoopFault({ ...report, socketErrors: 4 }) ?? "", /4 connections/);
  assert.match(openLoopFault({ ...report, requests: 0 }) ?? "", /no request/);
});
