import assert from "node:assert/strict";
import { test } from "node:test";

import { PERIODS, windowAt } from "./calendar.ts";
import type { Period } from "./calendar.ts";

const LEAP_DAY = Date.UTC(2028, 1, 29, 13, 14, 15, 678);

function boundsAt(period: Period, timeMs: number): string[] {
  const { previousMs, startMs, endMs } = windowAt(period, timeMs);
  return [previousMs, startMs, endMs].map((ms) => new Date(ms).toISOString().slice(0, 19));
}

test("aligns every window with the calendar in UTC", () => {
  assert.deepEqual(
    PERIODS.map((period) => boundsAt(period, LEAP_DAY)),
    [
      ["2028-02-29T13:14:14", "2028-02-29T13:14:15", "2028-02-29T13:14:16"],
      ["2028-02-29T13:13:00", "2028-02-29T13:14:00", "2028-02-29T13:15:00"],
      ["2028-02-29T12:00:00", "2028-02-29T13:00:00", "2028-02-29T14:00:00"],
      ["2028-02-28T00:00:00", "2028-02-29T00:00:00", "2028-03-01T00:00:00"],
      ["2028-01-01T00:00:00", "2028-02-01T00:00:00", "2028-03-01T00:00:00"],
      ["2027-01-01T00:00:00", "2028-01-01T00:00:00", "2029-01-01T00:00:00"],
    ],
  );
});

test("December ends, and January begins, with the year", () => {
  const newYear = Date.UTC(2027, 0, 1);
  assert.deepEqual(boundsAt("month", newYear - 1), [
    "2026-11-01T00:00:00",
    "2026-12-01T00:00:00",
    "2027-01-01T00:00:00",
  ]);
  assert.deepEqual(boundsAt("month", newYear), [
    "2026-12-01T00:00:00",
    "2027-01-01T00:00:00",
    "2027-02-01T00:00:00",
  ]);
});

test("windows follow each other without a gap", () => {
  for (const period of PERIODS) {
    const { previousMs, startMs, endMs } = windowAt(period, LEAP_DAY);
    assert.equal(windowAt(period, endMs).startMs, endMs, period);
    assert.equal(windowAt(period, endMs).previousMs, startMs, period);
    assert.equal(windowAt(period, endMs - 0.5).startMs, startMs, period);
    assert.equal(windowAt(period, startMs).startMs, startMs, period);
    assert.equal(windowAt(period, startMs - 1).startMs, previousMs, period);
  }
});

test("a time before 1970 is in a window, too", () => {
  const timeMs = Date.UTC(1969, 6, 20, 20, 17, 40, 250);
  for (const period of PERIODS) {
    const { startMs, endMs } = windowAt(period, timeMs);
    assert.ok(startMs <= timeMs && timeMs < endMs, period);
  }
});
