// What every algorithm must do, whatever else it does.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exchangeOf } from "../../exchange.testing.ts";
import type { Exchange } from "../../exchange.ts";
import type { Balancer } from "../balancer.ts";
import type { Target } from "../target.ts";
import { manyTargets, targetsOf, use } from "../upstreams.testing.ts";

/** `make`: with these, of which some may be taken away and given back. */
export function balancerCases(name: string, make: (targets: readonly Target[]) => Balancer): void {
  const using = (targets: readonly Target[]): Balancer => {
    const balancer = make(targets);
    use(balancer, targets);
    return balancer;
  };

  describe(`${name}, like every balancer,`, () => {
    test("picks nothing when there is nothing", () => {
      const balancer = using([]);
      assert.equal(balancer.pick(exchangeOf(), []), undefined);
      const some = targetsOf({ a: 1, b: 1 });
      const emptied = using(some);
      use(emptied, some, []);
      assert.equal(emptied.pick(exchangeOf(), []), undefined);
      assert.equal(emptied.pick(exchangeOf(), some), undefined);
    });

    test("picks none but those that it may use, from the moment it is told", () => {
      const targets = manyTargets(40);
      const balancer = using(targets);
      for (const usable of [targets.slice(0, 3), targets.slice(7, 8), targets.slice(5)]) {
        use(balancer, targets, usable);
        for (const picked of picks(balancer, 200)) assert.ok(usable.includes(picked));
      }
    });

    for (const count of [3, 40]) {
      test(`avoids tried targets while there are others, of ${count}`, () => {
        const targets = manyTargets(count);
        const balancer = using(targets);
        for (let tries = 1; tries < count; tries++) {
          const tried = targets.slice(0, tries);
          for (let n = 0; n < 20; n++) {
            const picked = balancer.pick(exchangeOf({ path: `/${n}` }), tried);
            assert.ok(picked !== undefined && !tried.includes(picked), `${tries} tried`);
          }
        }
      });
    }

    test("picks a tried target when there is no other", () => {
      for (const count of [1, 2, 40]) {
        const targets = manyTargets(count);
        const picked = using(targets).pick(exchangeOf(), targets);
        assert.ok(picked !== undefined && targets.includes(picked));
      }
    });

    test("goes on as it was when one comes back", () => {
      const targets = manyTargets(20);
      const balancer = using(targets);
      for (let round = 0; round < 50; round++) {
        balancer.weigh(round % 20, 0);
        for (const one of picks(balancer, 3)) assert.notEqual(one, targets[round % 20]);
        balancer.weigh(round % 20, 100);
      }
      assert.equal(new Set(picks(balancer, 2000)).size, 20);
    });

    test("leaves a target of a weight of 1 its share beside one of 65535", () => {
      const targets = targetsOf({ huge: 65_535, tiny: 1 });
      const [, tiny] = targets;
      const balancer = using(targets);
      assert.equal(balancer.pick(exchangeOf(), targets.slice(0, 1)), tiny);
    });
  });
}

/** So many picks, each for a client and a path of its own. */
export function picks(balancer: Balancer, count: number): Target[] {
  return Array.from({ length: count }, (_, n) => picked(balancer, nthRequest(n)));
}

export function picked(
  balancer: Balancer,
  exchange: Exchange,
  tried: readonly Target[] = [],
): Target {
  const target = balancer.pick(exchange, tried);
  assert.ok(target !== undefined, "nothing was picked");
  return target;
}

/** The n-th of many clients. */
export function nthRequest(n: number): Exchange {
  return exchangeOf({
    path: `/${n}`,
    connection: { peerAddress: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` },
  });
}

/** How often each was picked, by name. */
export function countsOf(targets: readonly Target[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { id } of targets) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

/**
 * Fails when the counts are further from the weights than chance explains: a chi-square test at the level of 1 in 10,000,
 * with the Wilson-Hilferty approximation of its limit.
 */
export function assertFair(
  counts: Readonly<Record<string, number>>,
  targets: readonly Target[],
): void {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const weight = targets.reduce((sum, target) => sum + target.weight, 0);
  const chiSquare = targets.reduce((sum, target) => {
    const expected = (total * target.weight) / weight;
    return sum + ((counts[target.id] ?? 0) - expected) ** 2 / expected;
  }, 0);
  const freedom = targets.length - 1;
  const spread = 2 / (9 * freedom);
  const limit = freedom * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
  assert.ok(chiSquare <= limit, `chi-square ${chiSquare.toFixed(1)} is above ${limit.toFixed(1)}`);
}
