import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exchangeOf } from "../../exchange.testing.ts";
import type { Target } from "../target.ts";
import { manyTargets, seededRandom, targetsOf, use } from "../upstreams.testing.ts";
import { assertFair, balancerCases, countsOf, picked, picks } from "./balancer.testing.ts";
import { LowestScore, connectionScore, latencyScore } from "./lowest-score.ts";
import { RandomBalancer } from "./random.ts";

const MIXED = targetsOf(
  Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`t${n}`, 1 + (n % 7) * 10])),
);

balancerCases("random", (targets) => new RandomBalancer(targets, seededRandom(1)));
balancerCases("least-connections", (targets) => {
  return new LowestScore(targets, connectionScore, seededRandom(2));
});
balancerCases("latency", (targets) => new LowestScore(targets, latencyScore, seededRandom(3)));

describe("random", () => {
  test("gives each target its share (chi-square)", () => {
    const balancer = new RandomBalancer(MIXED, seededRandom(11));
    use(balancer, MIXED);
    assertFair(countsOf(picks(balancer, 100_000)), MIXED);
  });

  test("is told from one that is unfair by the same measure", () => {
    const targets = manyTargets(50);
    const balancer = new RandomBalancer(targets, seededRandom(11));
    use(balancer, targets);
    assert.throws(() => assertFair(countsOf(picks(balancer, 100_000)), MIXED), /chi-square/);
  });
});

/** Takes the tries that are picked until there are so many under way, then ends the oldest for each new one. */
function busy(balancer: LowestScore, atOnce: number, count: number): Target[] {
  const underWay: Target[] = [];
  const all: Target[] = [];
  for (let n = 0; n < count; n++) {
    if (underWay.length === atOnce) end(underWay.shift());
    const target = picked(balancer, exchangeOf());
    begin(target);
    underWay.push(target);
    all.push(target);
  }
  return all;
}

function begin(target: Target): void {
  if (target.state !== undefined) target.state.activeTries++;
}

function end(target: Target | undefined): void {
  if (target?.state !== undefined) target.state.activeTries--;
}

function leastConnections(targets: readonly Target[], seed = 5): LowestScore {
  const balancer = new LowestScore(targets, connectionScore, seededRandom(seed));
  use(balancer, targets);
  return balancer;
}

describe("least-connections", () => {
  test("picks the one of few that has the least to do for its weight", () => {
    const [a, b, c] = targetsOf({ a: 1, b: 2, c: 1 }) as [Target, Target, Target];
    const balancer = leastConnections([a, b, c]);
    for (const target of [a, b, b, c]) begin(target);
    begin(a);
    begin(c);
    assert.equal(picked(balancer, exchangeOf()), b);
    begin(b);
    begin(b);
    end(a);
    assert.equal(picked(balancer, exchangeOf()), a);
  });

  test("goes by weights as round-robin does while nobody has anything to do", () => {
    const balancer = leastConnections(targetsOf({ a: 5, b: 3, c: 2 }));
    assert.deepEqual(countsOf(picks(balancer, 100)), { a: 50, b: 30, c: 20 });
  });

  test("keeps the tries under way in proportion to weights", () => {
    const targets = targetsOf({ a: 100, b: 200, c: 300 });
    busy(leastConnections(targets), 60, 600);
    assert.deepEqual(
      targets.map(({ state }) => state?.activeTries),
      [10, 20, 30],
    );
  });

  test("sends nothing more to one of few that never ends its tries", () => {
    const targets = targetsOf({ stuck: 1, good: 1, fine: 1 });
    const balancer = leastConnections(targets);
    const counts: Record<string, number> = {};
    for (let n = 0; n < 90; n++) {
      const target = picked(balancer, exchangeOf());
      counts[target.id] = (counts[target.id] ?? 0) + 1;
      if (target.id === "stuck") begin(target);
    }
    assert.equal(counts["stuck"], 1);
  });

  test("has of many targets the fullest only a little fuller than the rest, by two choices", () => {
    const targets = manyTargets(100);
    busy(leastConnections(targets), 1000, 20_000);
    const fullest = Math.max(...targets.map(({ state }) => state?.activeTries ?? 0));
    // By one random choice it would be about 20.
    assert.ok(fullest <= 14, `${fullest} tries at one target`);
  });

  test("gives many targets of different weights their shares (chi-square)", () => {
    assertFair(countsOf(picks(leastConnections(MIXED, 6), 100_000)), MIXED);
  });
});

describe("latency", () => {
  const latency = (targets: readonly Target[]): LowestScore => {
    const balancer = new LowestScore(targets, latencyScore, seededRandom(7));
    use(balancer, targets);
    return balancer;
  };

  /** Each request ends before the next one begins, and takes what its target takes. */
  function run(
    balancer: LowestScore,
    msOf: (id: string, n: number) => number,
    count: number,
  ): Target[] {
    let nowMs = 0;
    return Array.from({ length: count }, (_, n) => {
      const target = picked(balancer, exchangeOf({ startedAtMs: nowMs }));
      nowMs += 10;
      target.state?.latency.observe(msOf(target.id, n), nowMs);
      return target;
    });
  }

  test("sends nearly all to the fast ones, and looks at the slow one again and again", () => {
    const slow = { slow: 200, fast: 10 } as Record<string, number>;
    const all = run(latency(targetsOf({ slow: 1, fast: 1 })), (id) => slow[id] ?? 0, 20_000);
    const counts = countsOf(all);
    assert.ok((counts["slow"] ?? 0) >= 3 && (counts["slow"] ?? 0) < 200, JSON.stringify(counts));
  });

  test("leaves a target that becomes slow at once, and comes back when it is fast again", () => {
    const msOf = (id: string, n: number): number => (id === "a" && n >= 100 && n < 200 ? 5000 : 10);
    const all = run(latency(targetsOf({ a: 1, b: 1 })), msOf, 20_000).map(({ id }) => id);
    const wasSlow = all.slice(100, 200).filter((id) => id === "a").length;
    assert.ok(wasSlow <= 2, `${wasSlow} requests to a slow target`);
    const later = all.slice(-2000).filter((id) => id === "a").length;
    assert.ok(later > 500, `${later} of the last 2000 to a target that is fast again`);
  });

  test("asks one that it knows nothing of with one try at a time", () => {
    const targets = targetsOf({ known: 1, fresh: 1 });
    const [known, fresh] = targets as [Target, Target];
    known.state?.latency.observe(10, 0);
    const balancer = latency(targets);
    assert.equal(picked(balancer, exchangeOf()), fresh);
    begin(fresh);
    for (let n = 0; n < 50; n++) assert.equal(picked(balancer, exchangeOf()), known);
  });
});
