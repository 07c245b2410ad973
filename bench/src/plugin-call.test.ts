import assert from "node:assert/strict";
import { test } from "node:test";
import { callRatio, formatPluginCalls } from "./cases/plugin-call.ts";
import type { Measured } from "./cases/in-process.ts";

const calls: Measured = {
  runtime: "bun",
  reason: undefined,
  times: {
    typescript: [4, 8],
    "extism-quickjs-small": [40, 80],
    "chunk-typescript": [10],
  },
};

test("compares a call with Extism's of the same round", () => {
  assert.deepEqual(callRatio(calls, "typescript"), { median: 0.1, min: 0.1, max: 0.1 });
});

test("compares nothing with what was not measured", () => {
  assert.equal(callRatio(calls, "chunk-typescript"), undefined);
  assert.equal(callRatio(calls, "extism-quickjs-small"), undefined);
  assert.match(formatPluginCalls(calls), /AssemblyScript, our host, bun\s+absent/);
});
