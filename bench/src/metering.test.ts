import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMetering, meteringRatio } from "./cases/metering.ts";
import type { Measured } from "./cases/in-process.ts";

const cost: Measured = {
  runtime: "node",
  reason: undefined,
  times: { "empty-loop": [10, 20], "empty-loop-metered": [15, 30], assemblyscript: [1] },
};

test("compares a guest with itself in the same round", () => {
  assert.deepEqual(meteringRatio(cost, "empty-loop"), { median: 1.5, min: 1.5, max: 1.5 });
});

test("compares nothing with what was not measured", () => {
  assert.equal(meteringRatio(cost, "assemblyscript"), undefined);
  assert.match(formatMetering(cost), /computing in QuickJS, node\s+absent\s+absent/);
});
