import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { UpstreamConfig } from "../config/upstream-model.ts";
import { exchangeOf } from "../exchange.testing.ts";
import { ACTIVE, EQUAL, Live, PASSIVE, configOf } from "./live-upstream.testing.ts";
import { slowStartShare } from "./slow-start.ts";
import { outlierConfig } from "./upstreams.testing.ts";

const RULES = { windowMs: 10_000, aggression: 1, minWeightPercent: 10 };

describe("the share of a target that is new", () => {
  test("grows in a straight line from the least to all of it", () => {
    const shares = [0, 500, 1000, 5000, 9999, 10_000, 50_000].map((ageMs) =>
      slowStartShare(ageMs, RULES),
    );
    assert.deepEqual(shares, [0.1, 0.1, 0.1, 0.5, 0.9999, 1, 1]);
  });

  test("grows fast first with more aggression, and slowly with less", () => {
    const at = (aggression: number): number => slowStartShare(2500, { ...RULES, aggression });
    assert.equal(at(2), 0.5);
    assert.equal(at(1), 0.25);
    assert.equal(at(0.5), 0.1);
  });
});

function slow(
  weights: Record<string, number>,
  parts: Partial<UpstreamConfig> = {},
): UpstreamConfig {
  return { ...configOf(PASSIVE, weights), slowStart: RULES, ...parts };
}

/** Requests of the target, of so many. */
function count(live: Live, host: string, requests = 2000): number {
  let those = 0;
  for (let n = 0; n < requests; n++) {
    if (live.pool.pick(exchangeOf(), [])?.host === host) those++;
  }
  return those;
}

for (const algorithm of ["round-robin", "least-connections", "random"] as const) {
  describe(`slow start with ${algorithm}`, () => {
    test("leads requests bit by bit to a target that comes back", async () => {
      const live = new Live(slow({ a: 100, b: 100 }, { algorithm }));
      assert.ok(Math.abs(count(live, "a") - 1000) < 120, "at first all are alike");
      live.fails("a", "upstream_reset");
      await live.clock.advance(60_000);
      live.upstreams.setHealth("pool", "a:80", true);
      const counts: number[] = [];
      for (const ms of [0, 2500, 2500, 2500, 2500]) {
        await live.clock.advance(ms);
        counts.push(count(live, "a"));
      }
      const expected = [0.1, 0.25, 0.5, 0.75, 1].map((share) => (2000 * share) / (1 + share));
      for (const [at, each] of expected.entries()) {
        assert.ok(
          Math.abs((counts[at] ?? 0) - each) < 100,
          `${counts.join()} is not ${expected.join()}`,
        );
      }
    });
  });
}

describe("slow start", () => {
  test("is for a target that joins others, by a reload or without one, and not for the first ones", () => {
    const live = new Live(slow({ a: 100 }));
    live.load(slow({ a: 100, b: 100 }));
    assert.ok(count(live, "b") < 300);
    live.upstreams.setTargets("pool", [
      { id: "a", host: "a", port: 80, weight: 100 },
      { id: "c", host: "c", port: 80, weight: 100 },
    ]);
    assert.ok(count(live, "c") < 300);
    assert.equal(live.upstreams.report()[0]?.targets[1]?.slowStartPercent, 10);
    assert.equal(live.upstreams.report()[0]?.targets[0]?.slowStartPercent, undefined);
  });

  test("is for a target whose ejection is over", async () => {
    const live = new Live(
      slow({ a: 100, b: 100 }, { outlierDetection: outlierConfig({ consecutive5xx: 1 }) }),
    );
    live.pool.observer?.answered(live.try("a"), 503, 1);
    assert.equal(count(live, "a"), 0);
    await live.clock.advance(30_500);
    const after = count(live, "a");
    assert.ok(after > 50 && after < 300, String(after));
    live.upstreams.stop();
  });

  test("is for a target that probes find well again", async () => {
    const live = new Live({ ...slow({ a: 100, b: 100 }), healthchecks: ACTIVE });
    await live.clock.advance(1);
    live.answers.set("a", { kind: "timeout" });
    await live.clock.advance(1000);
    assert.equal(count(live, "a"), 0);
    live.answers.clear();
    await live.clock.advance(1000);
    const after = count(live, "a");
    assert.ok(after > 50 && after < 300, String(after));
    live.upstreams.stop();
  });

  test("does not starve a target that gets few requests", async () => {
    const live = new Live(slow(EQUAL));
    live.upstreams.setHealth("pool", "a:80", false);
    live.upstreams.setHealth("pool", "a:80", true);
    let those = 0;
    // One request for each step of the weight.
    for (let n = 0; n < 100; n++) {
      await live.clock.advance(100);
      those += count(live, "a", 1);
    }
    assert.ok(those >= 15 && those <= 25, `${those} of 100`);
  });

  test("is the business of the upstream that asks for it", () => {
    const live = new Live(configOf(PASSIVE, { a: 100, b: 100 }));
    live.upstreams.setHealth("pool", "a:80", false);
    live.upstreams.setHealth("pool", "a:80", true);
    assert.equal(count(live, "a"), 1000);
  });
});
