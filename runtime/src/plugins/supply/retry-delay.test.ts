import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { retryDelayMs } from "./retry-delay.ts";

describe("the wait before missing modules are asked for again", () => {
  test("doubles from a second to a minute", () => {
    const delays = [1, 2, 3, 7, 8, 1000].map((times) => retryDelayMs(times, () => 0));
    assert.deepEqual(delays, [1000, 2000, 4000, 60_000, 60_000, 60_000]);
  });

  test("is up to a quarter shorter, by chance", () => {
    assert.equal(
      retryDelayMs(1, () => 0.5),
      875,
    );
    assert.ok(retryDelayMs(1, () => 0.999) > 750);
  });
});
