import assert from "node:assert/strict";
import { test } from "node:test";
import { median, pairedRatio, spread } from "./statistics.ts";

test("takes the middle value whatever the order", () => {
  assert.equal(median([9, 1, 5]), 5);
});

test("takes the mean of the two middle values of an even count", () => {
  assert.equal(median([10, 1, 2, 4]), 3);
});

test("refuses the median of nothing", () => {
  assert.throws(() => median([]), RangeError);
});

test("keeps the extremes beside the median", () => {
  assert.deepEqual(spread([3, 1, 2]), { median: 2, min: 1, max: 3 });
});

test("divides round by round, not median by median", () => {
  const of = new Map([
    [0, 10],
    [1, 40],
    [2, 12],
  ]);
  const to = new Map([
    [0, 5],
    [1, 20],
    [2, 4],
  ]);
  assert.deepEqual(pairedRatio(of, to), { median: 2, min: 2, max: 3 });
});

test("leaves out rounds that only one side has", () => {
  assert.deepEqual(
    pairedRatio(
      new Map([[0, 6]]),
      new Map([
        [0, 3],
        [1, 1],
      ]),
    ),
    {
      median: 2,
      min: 2,
      max: 2,
    },
  );
  assert.equal(pairedRatio(new Map([[0, 6]]), new Map([[1, 3]])), undefined);
});
