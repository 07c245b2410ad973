import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exchangeOf } from "../exchange.testing.ts";
import { ACTIVE, EQUAL, Live, PASSIVE, configOf } from "./live-upstream.testing.ts";
import { activeCheck, NO_HEALTHCHECKS, upstreamConfig } from "./upstreams.testing.ts";

describe("a reload", () => {
  test("keeps the health of targets that stay, and gives new ones a good one", () => {
    const live = new Live(configOf(PASSIVE, EQUAL));
    live.fails("a", "upstream_reset");
    const before = live.pool;
    live.load(configOf(PASSIVE, { a: 7, b: 1, d: 1 }));
    assert.equal(live.used, "b d");
    // Requests of before learn of it, too.
    live.fails("b", "upstream_reset");
    const hosts = Array.from({ length: 20 }, () => before.pick(exchangeOf(), [])?.host);
    assert.deepEqual(new Set(hosts), new Set(["c"]));
  });

  test("forgets the health of a target that was gone in between", () => {
    const live = new Live(configOf(PASSIVE, EQUAL));
    live.fails("a", "upstream_reset");
    live.load(configOf(PASSIVE, { b: 1 }));
    live.load(configOf(PASSIVE, EQUAL));
    assert.equal(live.used, "a b c");
  });

  test("without checks takes nobody's word for it any more but the operator's", () => {
    const live = new Live(configOf(PASSIVE, EQUAL));
    live.fails("a", "upstream_reset");
    live.upstreams.setHealth("pool", "b:80", false);
    live.load(configOf(NO_HEALTHCHECKS, EQUAL));
    assert.equal(live.used, "a c");
  });

  test("lets checks that stay the same go on, and begins others at once", async () => {
    const live = new Live(configOf(ACTIVE, { a: 1 }));
    await live.clock.advance(600);
    live.load(configOf(ACTIVE, { a: 5 }));
    await live.clock.advance(600);
    assert.deepEqual(live.probed, ["0 a", "1000 a"]);
    live.load(configOf({ ...ACTIVE, active: activeCheck({ path: "/other" }) }, { a: 5 }));
    await live.clock.advance(1);
    assert.deepEqual(live.probed.slice(2), ["1200 a"]);
  });

  test("that leaves an upstream out ends its checks", async () => {
    const live = new Live(configOf(ACTIVE, EQUAL));
    await live.clock.advance(10);
    live.upstreams.activate([], []);
    await live.clock.advance(5000);
    assert.equal(live.probed.length, 3);
    assert.equal(live.clock.waiting, 0);
    assert.deepEqual(live.upstreams.report(), []);
  });

  test("that is refused changes nothing", async () => {
    const live = new Live(configOf(ACTIVE, EQUAL));
    await live.clock.advance(10);
    live.upstreams.pool(configOf(NO_HEALTHCHECKS, { x: 1 }));
    live.upstreams.pool(upstreamConfig({ name: "never" }));
    await live.clock.advance(1000);
    assert.equal(live.probed.length, 6);
    assert.deepEqual(
      live.upstreams.report().map(({ name }) => name),
      ["pool"],
    );
  });
});

describe("what operators see", () => {
  test("is every target with its weight, health, reason and since when", async () => {
    const live = new Live(configOf(PASSIVE, { a: 100, b: 50, off: 0 }));
    await live.clock.advance(5000);
    live.fails("b", "upstream_timeout");
    live.pool.observer?.begin(live.try("a"));
    const [report] = live.upstreams.report();
    assert.equal(report?.health, "HEALTHY");
    assert.ok(Math.abs((report?.healthyWeightPercent ?? 0) - 66.67) < 0.01);
    const [a, b, off] = report?.targets ?? [];
    assert.deepEqual(
      [a?.target, a?.weight, a?.health, a?.activeTries],
      ["a:80", 100, "HEALTHY", 1],
    );
    assert.equal(b?.health, "UNHEALTHY");
    assert.equal(b?.reason, "passive check, timeout 1: upstream_timeout: x");
    assert.equal(b?.sinceMs, performance.timeOrigin + 5000);
    assert.deepEqual(b?.transitions, { healthy: 0, unhealthy: 1 });
    assert.equal(off?.weight, 0);
  });

  test("says when nothing is checked", () => {
    const [report] = new Live(configOf(NO_HEALTHCHECKS, EQUAL)).upstreams.report();
    assert.equal(report?.health, "HEALTHCHECKS_OFF");
    assert.equal(report?.targets[0]?.health, "HEALTHCHECKS_OFF");
  });

  test("is set by hand at once, for targets that there are", () => {
    const live = new Live(configOf(NO_HEALTHCHECKS, EQUAL));
    assert.equal(live.upstreams.setHealth("pool", "a:80", false), true);
    assert.equal(live.used, "b c");
    assert.equal(live.upstreams.setHealth("pool", "x:80", false), false);
    assert.equal(live.upstreams.setHealth("other", "a:80", false), false);
    live.upstreams.setHealth("pool", "a:80", false);
    live.upstreams.setHealth("pool", "a:80", true);
    assert.deepEqual(live.lines, ["a:80 down: set by an operator", "a:80 up: set by an operator"]);
  });
});
