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
  const found = results.find((result) => result.text === text);
  assert.ok(found !== undefined, `there is no goal "${text}"`);
  return found.isMet;
}

const FORWARDING = "Forwarding on Bun, CPU against nginx";
const START = "Start to first answered request on Bun";
const WORKERS = "2 workers on 2 cores on Bun, throughput";
const ROUTES = "10,000 routes on Node, CPU against 1 route";

test("meets a ratio goal at its limit and misses it above", () => {
  assert.equal(judged(FORWARDING, { "get/sluice-bun": [25], "get/nginx": [20] }), true);
  assert.equal(judged(FORWARDING, { "get/sluice-bun": [25.2], "get/nginx": [20] }), false);
});

test("misses an under-goal at its limit", () => {
  assert.equal(judged(START, {}, { "start-bun": 999 }), true);
  assert.equal(judged(START, {}, { "start-bun": 1000 }), false);
  const routes = (many: number) => ({
    "routes/sluice-node-10000": [many],
    "routes/sluice-node-1": [100],
  });
  assert.equal(judged(ROUTES, routes(105)), true);
  assert.equal(judged(ROUTES, routes(106)), false);
});

test("meets an at-least goal at its limit and misses it below", () => {
  assert.equal(judged(WORKERS, {}, { "workers-bun": 1.8 }), true);
  assert.equal(judged(WORKERS, {}, { "workers-bun": 1.79 }), false);
});

test("judges by the median of the rounds, not by the worst", () => {
  const cpu = { "get/sluice-bun": [20, 40, 20], "get/nginx": [20, 20, 20] };
  assert.equal(judged(FORWARDING, cpu), true);
});

test("calls a goal neither met nor missed when a row is absent", () => {
  assert.equal(judged(FORWARDING, { "get/sluice-bun": [25] }), undefined);
  assert.equal(judged(START, {}), undefined);
});

test("takes a case's rows for that case only", () => {
  const text = "64 KB response on Bun, CPU against nginx";
  assert.equal(judged(text, { "get/sluice-bun": [25], "get/nginx": [20] }), undefined);
  const rows = { "response-64k/sluice-bun": [30], "response-64k/nginx": [20] };
  assert.equal(judged(text, rows), false);
});

test("judges a plugin's call by its ratio to Extism's", () => {
  const goal = "Call of an AssemblyScript plugin on Node, the same";
  assert.equal(judged(goal, {}, { "call-assemblyscript-node": 0.05 }), true);
  assert.equal(judged(goal, {}, { "call-assemblyscript-node": 0.09 }), false);
});
