import assert from "node:assert/strict";
import { test } from "node:test";
import { evenSchedule } from "./schedule.ts";

test("spaces requests evenly from the start on", () => {
  const schedule = evenSchedule(4000, 1_000_000);
  assert.equal(schedule.total, 4000);
  assert.deepEqual([0, 1, 4].map(schedule.dueAtUs), [0, 250, 1000]);
});

test("makes a request due at its time, not before", () => {
  const { dueCount } = evenSchedule(4000, 1_000_000);
  assert.deepEqual([-1, 0, 249, 250, 1000].map(dueCount), [0, 1, 1, 2, 5]);
});

test("has every missed request due at once after a pause", () => {
  const { dueCount } = evenSchedule(1000, 1_000_000);
  assert.equal(dueCount(50_000) - dueCount(40_000), 10);
});

test("has no more requests due than there are", () => {
  assert.equal(evenSchedule(1000, 1_000_000).dueCount(9_000_000), 1000);
});

test("refuses a run without a request", () => {
  assert.throws(() => evenSchedule(0, 1_000_000), RangeError);
  assert.throws(() => evenSchedule(1, 1000), RangeError);
});
