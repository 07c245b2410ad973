import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RoundRobin } from "./round-robin.ts";
import type { Target } from "./target.ts";

function targetsOf(weights: Readonly<Record<string, number>>): Target[] {
  return Object.entries(weights).map(([id, weight]) => ({
    id,
    host: id,
    port: 80,
    address: `${id}:80`,
    weight,
  }));
}

function picks(weights: Readonly<Record<string, number>>, count: number): string[] {
  const balancer = new RoundRobin(targetsOf(weights));
  return Array.from({ length: count }, () => balancer.pick([])?.id ?? "-");
}

function shares(ids: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

describe("RoundRobin", () => {
  test("gives each target exactly its share over a cycle, whichever cycle", () => {
    const weights = { a: 5, b: 3, c: 1 };
    assert.deepEqual(shares(picks(weights, 9)), weights);
    assert.deepEqual(shares(picks(weights, 900).slice(9 * 7, 9 * 8)), weights);
  });

  test("takes turns when all weigh the same", () => {
    const ids = picks({ a: 100, b: 100, c: 100 }, 6);
    assert.equal(new Set(ids.slice(0, 3)).size, 3);
    assert.deepEqual(ids.slice(3), ids.slice(0, 3));
  });

  test("is smooth: a heavy target is not picked in a burst", () => {
    const ids = picks({ heavy: 4, light: 2 }, 60).join(" ");
    assert.ok(!ids.includes("heavy heavy heavy"), ids);
    assert.ok(!ids.includes("light light"), ids);
  });

  test("gives every run of picks its share, give or take one", () => {
    const ids = picks({ a: 7, b: 2, c: 1 }, 100);
    for (let size = 1; size <= 100; size++) {
      const a = ids.slice(0, size).filter((id) => id === "a").length;
      assert.ok(Math.abs(a - size * 0.7) <= 1, `${a} of ${size}`);
    }
  });

  test("never picks a target of weight 0", () => {
    assert.deepEqual(shares(picks({ a: 1, off: 0, b: 1 }, 10)), { a: 5, b: 5 });
  });

  test("picks nothing when nothing has a weight", () => {
    assert.deepEqual(picks({}, 2), ["-", "-"]);
    assert.deepEqual(picks({ off: 0 }, 2), ["-", "-"]);
    assert.equal(new RoundRobin(targetsOf({ off: 0 })).pick(targetsOf({ off: 0 })), undefined);
  });

  test("keeps small targets when weights are scaled down", () => {
    const counts = shares(picks({ huge: 65_535, tiny: 1, odd: 65_533 }, 10_001));
    assert.equal(counts["tiny"], 1);
    assert.ok(Math.abs((counts["huge"] ?? 0) - (counts["odd"] ?? 0)) <= 2);
  });

  test("avoids tried targets while there are others", () => {
    const [a, b, c] = targetsOf({ a: 100, b: 1, c: 1 }) as [Target, Target, Target];
    const balancer = new RoundRobin([a, b, c]);
    for (let n = 0; n < 50; n++) {
      assert.notEqual(balancer.pick([a]), a);
      assert.equal(balancer.pick([a, b]), c);
    }
  });

  test("picks a tried target when there is no other", () => {
    const [a, b] = targetsOf({ a: 1, b: 1 }) as [Target, Target];
    const balancer = new RoundRobin([a, b]);
    assert.ok(balancer.pick([a, b]));
    assert.equal(new RoundRobin([a]).pick([a]), a);
  });
});
