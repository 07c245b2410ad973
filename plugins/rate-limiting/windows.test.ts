import assert from "node:assert/strict";
import { test } from "node:test";

import { lifetimeMs, moveTo, PERIODS, slidingLifetimeMs } from "../parts/calendar-windows.ts";
import type { Period } from "../parts/calendar-windows.ts";
import { createWindow, secondsLeft } from "./windows.ts";

const LEAP_DAY = Date.UTC(2028, 1, 29, 13, 14, 15, 678);

function boundsAt(period: Period, nowMs: number): readonly [start: string, end: string] {
  const window = createWindow(period, 1, "entry");
  moveTo(window, nowMs);
  return [new Date(window.startMs).toISOString(), new Date(window.endMs).toISOString()];
}

test("aligns every window with the calendar in UTC", () => {
  assert.deepEqual(
    PERIODS.map((period) => boundsAt(period, LEAP_DAY)),
    [
      ["2028-02-29T13:14:15.000Z", "2028-02-29T13:14:16.000Z"],
      ["2028-02-29T13:14:00.000Z", "2028-02-29T13:15:00.000Z"],
      ["2028-02-29T13:00:00.000Z", "2028-02-29T14:00:00.000Z"],
      ["2028-02-29T00:00:00.000Z", "2028-03-01T00:00:00.000Z"],
      ["2028-02-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z"],
      ["2028-01-01T00:00:00.000Z", "2029-01-01T00:00:00.000Z"],
    ],
  );
});

test("ends December with the year", () => {
  const newYearsEve = Date.UTC(2026, 11, 31, 23, 59, 59, 999);
  assert.equal(boundsAt("month", newYearsEve)[1], "2027-01-01T00:00:00.000Z");
  assert.equal(boundsAt("year", newYearsEve)[1], "2027-01-01T00:00:00.000Z");
});

test("a window ends before its last moment and the next begins there", () => {
  for (const period of PERIODS) {
    const window = createWindow(period, 1, "entry");
    moveTo(window, LEAP_DAY);
    const { startMs, endMs, keyPrefix } = window;
    moveTo(window, endMs - 0.5);
    assert.equal(window.keyPrefix, keyPrefix, period);
    moveTo(window, endMs);
    assert.equal(window.startMs, endMs, period);
    assert.notEqual(window.keyPrefix, keyPrefix, period);
    moveTo(window, startMs);
    assert.equal(window.keyPrefix, keyPrefix, `${period}, when the clock is set back`);
  }
});

test("windows of other entries and periods never share a counter", () => {
  const midnight = Date.UTC(2026, 0, 1);
  const prefixes = ["one", "two"].flatMap((entry) =>
    PERIODS.map((period) => {
      const window = createWindow(period, 1, entry);
      moveTo(window, midnight);
      return window.keyPrefix;
    }),
  );
  assert.equal(new Set(prefixes).size, prefixes.length);
  assert.ok(prefixes.every((prefix) => /^(one|two):/.test(prefix)));
});

test("counters outlive their window, also on the 31st of a month", () => {
  const window = createWindow("month", 1, "entry");
  const firstOfJanuary = Date.UTC(2026, 0, 1);
  moveTo(window, firstOfJanuary);
  assert.ok(firstOfJanuary + lifetimeMs(window, firstOfJanuary) > Date.UTC(2026, 1, 1));
});

test("a counter of a sliding window lives as long as the next window looks at it", () => {
  const window = createWindow("month", 1, "entry");
  const firstOfFebruary = Date.UTC(2026, 1, 1);
  moveTo(window, firstOfFebruary);
  assert.ok(firstOfFebruary + slidingLifetimeMs(window, firstOfFebruary) > Date.UTC(2026, 3, 1));
});

test("rounds the seconds that are left up", () => {
  const window = createWindow("minute", 1, "entry");
  moveTo(window, 120_000);
  assert.equal(secondsLeft(window, 120_000), 60);
  assert.equal(secondsLeft(window, 120_001), 60);
  assert.equal(secondsLeft(window, 150_500), 30);
  assert.equal(secondsLeft(window, 179_999), 1);
});
