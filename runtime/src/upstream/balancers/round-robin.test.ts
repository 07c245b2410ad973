import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Target } from "../target.ts";
import { manyTargets, targetsOf, use } from "../upstreams.testing.ts";
import { balancerCases, countsOf, picks } from "./balancer.testing.ts";
import { RoundRobin } from "./round-robin.ts";

balancerCases("round-robin", (targets) => new RoundRobin(targets));

function inUse(targets: readonly Target[]): RoundRobin {
  const balancer = new RoundRobin(targets);
  use(balancer, targets);
  return balancer;
}

function ids(weights: Readonly<Record<string, number>>, count: number): string[] {
  return picks(inUse(targetsOf(weights)), count).map(({ id }) => id);
}

function shares(names: readonly string[]): Record<string, number> {
  return countsOf(names.map((id) => ({ id }) as Target));
}

describe("RoundRobin", () => {
  test("gives each target exactly its share over a cycle, whichever cycle", () => {
    const weights = { a: 5, b: 3, c: 1 };
    assert.deepEqual(shares(ids(weights, 9)), weights);
    assert.deepEqual(shares(ids(weights, 900).slice(9 * 7, 9 * 8)), weights);
  });

  test("takes turns when all weigh the same", () => {
    const turns = ids({ a: 100, b: 100, c: 100 }, 6);
    assert.equal(new Set(turns.slice(0, 3)).size, 3);
    assert.deepEqual(turns.slice(3), turns.slice(0, 3));
  });

  test("is smooth: a heavy target is not picked in a burst, nor are many light ones", () => {
    const two = ids({ heavy: 4, light: 2 }, 60).join(" ");
    assert.ok(!two.includes("heavy heavy heavy"), two);
    assert.ok(!two.includes("light light"), two);
    const light = Array.from({ length: 20 }, (_, n) => [`light${n}`, 1] as const);
    const many = ids({ heavy: 20, ...Object.fromEntries(light) }, 40);
    for (let at = 1; at < many.length; at++) {
      assert.notEqual(many[at] === "heavy", many[at - 1] === "heavy", many.join(" "));
    }
  });

  test("gives every run of picks its share, give or take one, whatever the weights", () => {
    for (const weights of [
      { a: 7, b: 2, c: 1 },
      { a: 13, b: 13, c: 1, d: 5, e: 8 },
      { a: 1, b: 1000 },
      { a: 3, b: 3, c: 3, d: 3, e: 3, f: 3, g: 100 },
    ]) {
      const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
      const picked = ids(weights, 300);
      for (const [id, weight] of Object.entries(weights)) {
        let count = 0;
        for (const [at, name] of picked.entries()) {
          if (name === id) count++;
          const owed = ((at + 1) * weight) / total;
          assert.ok(Math.abs(count - owed) <= 1, `${id}: ${count} of ${at + 1}, owed ${owed}`);
        }
      }
    }
  });

  test("gives the smallest of weights beside the largest its share", () => {
    const weights = { huge: 65_535, tiny: 1, odd: 65_533 };
    assert.deepEqual(shares(ids(weights, 131_069)), weights);
  });

  test("goes on where it was when targets come and go, or the first ones would get more", () => {
    const targets = manyTargets(10);
    const balancer = inUse(targets);
    const counts: Target[] = [];
    for (let round = 0; round < 100; round++) {
      const [target] = picks(balancer, 1) as [Target];
      counts.push(target);
      const flapping = (targets.indexOf(target) + 5) % 10;
      balancer.weigh(flapping, 0);
      balancer.weigh(flapping, 100);
    }
    assert.deepEqual(new Set(Object.values(countsOf(counts))), new Set([10]));
  });

  test("gives ten thousand targets of different weights their shares", () => {
    const targets = targetsOf(
      Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`t${n}`, 1 + (n % 3)])),
    );
    const counts = countsOf(picks(inUse(targets), 19_999));
    for (const { id, weight } of targets) assert.equal(counts[id], weight);
  });
});
