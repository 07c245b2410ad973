import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TargetConfig } from "../config/upstream-model.ts";
import { exchangeOf } from "../exchange.testing.ts";
import { nthRequest } from "./balancers/balancer.testing.ts";
import { ACTIVE, EQUAL, Live, PASSIVE, configOf } from "./live-upstream.testing.ts";
import { breakerConfig, NO_HEALTHCHECKS, outlierConfig } from "./upstreams.testing.ts";

/** Targets by host and weight. */
function listOf(weights: Readonly<Record<string, number>>): TargetConfig[] {
  return Object.entries(weights).map(([host, weight]) => ({ id: host, host, port: 80, weight }));
}

describe("targets that are replaced without a reload", () => {
  test("are those that requests go to from then on, those of earlier configs included", () => {
    const live = new Live(configOf(PASSIVE, EQUAL));
    const before = live.pool;
    live.load(configOf(PASSIVE, { a: 1 }));
    assert.equal(live.upstreams.setTargets("pool", listOf({ b: 1, d: 1 })), true);
    assert.equal(live.used, "b d");
    const hosts = Array.from({ length: 9 }, () => before.pick(exchangeOf(), [])?.host);
    assert.deepEqual(new Set(hosts), new Set(["b", "d"]));
    assert.equal(live.upstreams.setTargets("other", []), false);
  });

  test("stay through reloads until the config's own are wanted again", () => {
    const live = new Live(configOf(PASSIVE, EQUAL));
    live.upstreams.setTargets("pool", listOf({ d: 1 }));
    live.load(configOf(PASSIVE, { a: 1, b: 1 }));
    assert.equal(live.used, "d");
    live.upstreams.setTargets("pool", undefined);
    assert.equal(live.used, "a b");
    live.upstreams.setTargets("pool", []);
    assert.equal(live.used, "-");
  });

  test("keep what is known of them, and the tries under way: health, ejection, breaker, latency", async () => {
    const config = {
      ...configOf(PASSIVE, EQUAL),
      circuitBreaker: breakerConfig(),
      outlierDetection: outlierConfig({ consecutive5xx: 1, maxEjectionPercent: 100 }),
    };
    const live = new Live(config);
    const attempt = live.try("a");
    live.pool.observer?.begin(attempt);
    live.fails("b", "upstream_reset");
    live.pool.observer?.answered(live.try("c"), 503, 5);
    const before = live.target("a");
    live.upstreams.setTargets("pool", listOf({ a: 100, b: 100, c: 100, d: 100 }));
    assert.equal(live.used, "a d", "b is unhealthy and c is ejected");
    assert.equal(live.target("a"), before, "a retry must know it again");
    assert.equal(live.target("d").state?.breaker?.state, "closed");
    live.pool.observer?.end(attempt);
    assert.equal(live.target("a").state?.activeTries, 0);
    const [report] = live.upstreams.report();
    assert.deepEqual(
      report?.targets.map(({ target, health, ejection }) => [
        target,
        health,
        ejection !== undefined,
      ]),
      [
        ["a:80", "HEALTHY", false],
        ["b:80", "UNHEALTHY", true],
        ["c:80", "HEALTHY", true],
        ["d:80", "HEALTHY", false],
      ],
    );
    live.upstreams.stop();
    await live.clock.advance(100_000);
    assert.equal(live.clock.waiting, 0);
  });

  test("that are gone are forgotten", () => {
    const live = new Live(configOf(PASSIVE, EQUAL));
    live.fails("a", "upstream_reset");
    live.upstreams.setTargets("pool", listOf({ b: 1 }));
    live.upstreams.setTargets("pool", listOf(EQUAL));
    assert.equal(live.used, "a b c");
  });

  test("are probed from the next round on, and no others", async () => {
    const live = new Live(configOf(ACTIVE, { a: 1 }));
    await live.clock.advance(500);
    live.upstreams.setTargets("pool", listOf({ b: 1, drained: 0 }));
    await live.clock.advance(600);
    assert.deepEqual(live.probed, ["0 a", "1000 b"]);
  });

  test("move a key only to one that came, or from one that went, and K/N of them", () => {
    const weights = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`t${n}`, 100]));
    const live = new Live({
      ...configOf(NO_HEALTHCHECKS, weights),
      algorithm: "consistent-hashing",
      hashOn: { kind: "ip" },
    });
    const keys = 20_000;
    const places = (): (string | undefined)[] =>
      Array.from({ length: keys }, (_, n) => live.pool.pick(nthRequest(n), [])?.host);
    const before = places();
    live.upstreams.setTargets("pool", listOf({ ...weights, t10: 100 }));
    const withOneMore = places();
    const toIt = before.filter((host, n) => host !== withOneMore[n]);
    assert.ok(toIt.length > 0 && toIt.length <= (keys / 11) * 1.1, `${toIt.length} moved`);
    assert.ok(withOneMore.every((host, n) => host === before[n] || host === "t10"));
    live.upstreams.setTargets("pool", listOf(weights));
    assert.deepEqual(places(), before);
  });

  test("that are described twice count once", () => {
    const live = new Live(configOf(PASSIVE, EQUAL));
    live.upstreams.setTargets("pool", [...listOf({ x: 1 }), ...listOf({ x: 5, y: 1 })]);
    assert.deepEqual(
      live.upstreams.report()[0]?.targets.map(({ target, weight }) => [target, weight]),
      [
        ["x:80", 1],
        ["y:80", 1],
      ],
    );
  });
});

describe("a pool that has not looked for long", () => {
  test("takes up everything at once when too much has changed", () => {
    const live = new Live(configOf(PASSIVE, EQUAL));
    const old = live.pool;
    live.load(configOf(PASSIVE, { ...EQUAL, d: 1 }));
    live.upstreams.setHealth("pool", "a:80", false);
    for (let n = 0; n < 2000; n++) live.upstreams.setHealth("pool", "b:80", n % 2 === 1);
    const hosts = Array.from({ length: 20 }, () => old.pick(exchangeOf(), [])?.host);
    assert.deepEqual(new Set(hosts), new Set(["b", "c"]));
  });
});
