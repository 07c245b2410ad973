import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hashText } from "./hash.ts";
import type { Target } from "../target.ts";
import { manyTargets, targetsOf, use } from "../upstreams.testing.ts";
import {
  assertFair,
  balancerCases,
  countsOf,
  nthRequest,
  picked,
  picks,
} from "./balancer.testing.ts";
import { ConsistentHashing } from "./consistent-hashing.ts";
import { slotOwners } from "./hash-table.ts";

const SLOTS = 10_000;

function ring(targets: readonly Target[], slots = SLOTS): ConsistentHashing {
  const balancer = new ConsistentHashing({
    targets,
    slots,
    key: ({ clientAddress }) => hashText(clientAddress),
  });
  use(balancer, targets);
  return balancer;
}

balancerCases("consistent-hashing", (targets) => ring(targets));
balancerCases("consistent-hashing without a key", (targets) => {
  return new ConsistentHashing({ targets, slots: 100, key: () => undefined });
});

/** Where the keys are with these targets, by name. */
function places(balancer: ConsistentHashing, keys: number): string[] {
  return picks(balancer, keys).map(({ id }) => id);
}

function moved(before: readonly string[], after: readonly string[]): number[] {
  return [...before.keys()].filter((key) => before[key] !== after[key]);
}

describe("consistent hashing", () => {
  test("gives one key one target", () => {
    const balancer = ring(manyTargets(7));
    const first = picked(balancer, nthRequest(1));
    for (let n = 0; n < 20; n++) assert.equal(picked(balancer, nthRequest(1)), first);
  });

  test("gives a target of twice the weight twice the keys, whatever the scale of weights", () => {
    for (const scale of [1, 1000]) {
      const targets = targetsOf({ a: scale, b: scale, c: 2 * scale });
      const counts = countsOf(picks(ring(targets), 40_000));
      for (const [id, share] of Object.entries({ a: 10_000, b: 10_000, c: 20_000 })) {
        const off = Math.abs((counts[id] ?? 0) - share) / share;
        assert.ok(off < 0.08, `${id}: ${counts[id]} of ${share}`);
      }
    }
  });

  test("deals slots out as fairly as chance does (chi-square)", () => {
    const targets = manyTargets(20);
    const owners = [...slotOwners(targets, SLOTS)].flatMap((at) => targets[at] ?? []);
    assertFair(countsOf(owners), targets);
  });

  test("moves the keys of a target that goes and no other, and those to all that are left", () => {
    const targets = manyTargets(10);
    const [gone, ...left] = targets;
    const keys = 50_000;
    const before = places(ring(targets), keys);
    for (const after of [places(ring(left), keys), withOut(targets, left)]) {
      const those = moved(before, after);
      assert.ok(those.every((key) => before[key] === gone?.id));
      assert.equal(those.length, before.filter((id) => id === gone?.id).length);
      // K/N of them, and what chance adds to the share of one target.
      assert.ok(those.length <= (keys / targets.length) * 1.1, `${those.length} moved`);
      const to = new Set(those.map((key) => after[key]));
      assert.deepEqual(to, new Set(left.map(({ id }) => id)));
    }
    function withOut(all: readonly Target[], usable: readonly Target[]): string[] {
      const balancer = ring(all);
      use(balancer, all, usable);
      return places(balancer, keys);
    }
  });

  test("brings every key back when an unhealthy target is healthy again", () => {
    const targets = manyTargets(10);
    const balancer = ring(targets);
    const before = places(balancer, 5000);
    use(balancer, targets, targets.slice(3));
    assert.ok(moved(before, places(balancer, 5000)).length > 0);
    use(balancer, targets);
    assert.deepEqual(places(balancer, 5000), before);
  });

  test("moves keys only to a target that becomes heavier", () => {
    const before = places(ring(targetsOf({ a: 10, b: 10, c: 10 })), 20_000);
    const after = places(ring(targetsOf({ a: 10, b: 10, c: 15 })), 20_000);
    const those = moved(before, after);
    assert.ok(those.length > 0);
    assert.ok(those.every((key) => after[key] === "c"));
  });

  test("places keys alike whatever the order of targets, as several gateways must", () => {
    const targets = manyTargets(10);
    assert.deepEqual(places(ring(targets.toReversed()), 5000), places(ring(targets), 5000));
  });

  test("sends a key elsewhere when its target was tried, each key to a place of its own", () => {
    const targets = manyTargets(5);
    const balancer = ring(targets);
    const second = new Set<string>();
    for (let n = 0; n < 500; n++) {
      const first = picked(balancer, nthRequest(n));
      if (first !== targets[0]) continue;
      const other = picked(balancer, nthRequest(n), [first]);
      assert.notEqual(other, first);
      assert.equal(picked(balancer, nthRequest(n), [first]), other);
      second.add(other.id);
    }
    assert.equal(second.size, 4);
  });

  test("finds the only one of a thousand that may be used", () => {
    const targets = manyTargets(1000);
    const balancer = ring(targets);
    const only = targets.slice(500, 501);
    use(balancer, targets, only);
    for (const target of picks(balancer, 100)) assert.equal(target, only[0]);
  });
});
