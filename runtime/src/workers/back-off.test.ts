import assert from "node:assert/strict";
import { test } from "node:test";
import { backOffMs } from "./back-off.ts";

test("waits twice as long after each crash, and no longer than half a minute", () => {
  assert.deepEqual([1, 2, 3].map(backOffMs), [100, 200, 400]);
  assert.deepEqual([9, 10, 1000, 1e6].map(backOffMs), [25_600, 30_000, 30_000, 30_000]);
});
