import assert from "node:assert/strict";
import { test } from "node:test";
import { GOALS, judge } from "./goals.ts";

function judged(
  text: string,
  cpu: Record<string, number[]>,
  values: Record<string, number> = {},
): boolean | undefined {
  const rows = Object.entries(cpu).map(([id, rounds]) => [id, new Map(rounds.entries())] as const);
  const spreads = Object.entries(values).map(
    ([id, value]) => [id, { median: value, min: value, max: value }] as const,
  );
  const results = judge(GOALS, new Map(rows), new Map(spreads));
  return results.find((result) => result.text === text)?.isMet;
}

const FORWARDING = "Forwarding on Bun, CPU against nginx";
const START = "Start to first answered request on Bun";

test("meets a ratio goal at its limit and misses it above", () => {
  assert.equal(judged(FORWARDING, { "sluice-bun": [25], nginx: [20] }), true);
  assert.equal(judged(FORWARDING, { "sluice-bun": [25.2], nginx: [20] }), false);
});

test("misses an under-goal at its limit", () => {
  assert.equal(judged(START, {}, { "start-bun": 999 }), true);
  assert.equal(judged(START, {}, { "start-bun": 1000 }), false);
});

test("calls a goal neither met nor missed when a row is absent", () => {
  assert.equal(judged(FORWARDING, { "sluice-bun": [25] }), undefined);
  assert.equal(judged(START, {}), undefined);
});
