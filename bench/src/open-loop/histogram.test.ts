import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram } from "./histogram.ts";

function of(values: Iterable<number>): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

test("is exact for small values", () => {
  const histogram = of(Array.from({ length: 60 }, (_, index) => index + 1));
  assert.deepEqual(
    [1, 50, 99, 100].map((percent) => histogram.percentile(percent)),
    [1, 30, 60, 60],
  );
});

test("is at most 1/64 too high for any value", () => {
  for (let value = 1; value < 2 ** 31; value = Math.ceil(value * 1.37)) {
    const histogram = of([value, 2 ** 31 - 1]);
    const found = histogram.percentile(50);
    assert.ok(found >= value && found <= value * (1 + 1 / 64), `${value} became ${found}`);
  }
});

test("finds the one slow answer in a hundred only above the 99th percentile", () => {
  const histogram = of([...Array.from({ length: 99 }, () => 10), 5000]);
  assert.equal(histogram.percentile(99), 10);
  assert.equal(histogram.percentile(99.9), 5000);
  assert.equal(histogram.max, 5000);
});

test("counts what is out of range at its end", () => {
  const histogram = of([-5, 1e12]);
  assert.equal(histogram.total, 2);
  assert.equal(histogram.percentile(1), 0);
  assert.equal(histogram.percentile(100), 2 ** 31 - 1);
});

test("has 0 for every percentile of nothing", () => {
  assert.equal(new Histogram().percentile(99), 0);
});
