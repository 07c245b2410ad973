import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HealthchecksConfig, TargetConfig, UpstreamConfig } from "../config/upstream-model.ts";
import { exchangeOf, fieldsOf } from "../exchange.testing.ts";
import { GatewayError } from "../errors.ts";
import { nthRequest } from "./balancers/balancer.testing.ts";
import { Live, PASSIVE } from "./live-upstream.testing.ts";
import { breakerConfig, NO_HEALTHCHECKS, upstreamConfig } from "./upstreams.testing.ts";
import type { Target } from "./target.ts";

/** Targets named by priority and number: `p0a`, `p0b`, `p1a` and so on. */
function leveled(
  counts: readonly number[],
  parts: Partial<UpstreamConfig> = {},
  healthchecks: HealthchecksConfig = PASSIVE,
): UpstreamConfig {
  const targets = counts.flatMap((count, priority) =>
    Array.from({ length: count }, (_, n): TargetConfig => {
      const host = `p${priority}${String.fromCodePoint(97 + n)}`;
      return { id: host, host, port: 80, weight: 100, priority };
    }),
  );
  return upstreamConfig({ targets, healthchecks, ...parts });
}

/** Share of many requests for each level, in whole percent. */
function shares(live: Live, count = 20_000): number[] {
  const counts: number[] = [];
  for (let n = 0; n < count; n++) {
    const priority = live.pool.pick(nthRequest(n), [])?.priority ?? 9;
    counts[priority] = (counts[priority] ?? 0) + 1;
  }
  return Array.from(counts, (each) => Math.round(((each ?? 0) / count) * 100));
}

function lines(live: Live): string[] {
  return live.levelChanges.map(
    ({ kind, priority, load }) => `${priority} ${kind} ${Math.round(load)}`,
  );
}

const EVERY_ALGORITHM: readonly Partial<UpstreamConfig>[] = [
  { algorithm: "round-robin" },
  { algorithm: "least-connections" },
  { algorithm: "latency" },
  { algorithm: "random" },
  { algorithm: "consistent-hashing", hashOn: { kind: "ip" } },
  { algorithm: "sticky-sessions", stickyCookie: { name: "s", path: "/" } },
];

describe("priorities", () => {
  for (const parts of EVERY_ALGORITHM) {
    test(`spill over as the first level loses targets, and come back (${parts.algorithm})`, () => {
      const live = new Live(leveled([4, 4], parts));
      assert.deepEqual(shares(live), [100]);
      live.fails("p0a", "upstream_reset");
      assert.deepEqual(shares(live), [100], "three of four carry it all");
      live.fails("p0b", "upstream_reset");
      const [first = 0, second = 0] = shares(live);
      assert.ok(Math.abs(first - 70) <= 3 && first + second === 100, `${first} and ${second}`);
      live.fails("p0c", "upstream_reset");
      live.fails("p0d", "upstream_reset");
      assert.deepEqual(shares(live), [0, 100]);
      for (const host of ["p0a", "p0b", "p0c", "p0d"]) {
        live.upstreams.setHealth("pool", `${host}:80`, true);
      }
      assert.deepEqual(shares(live), [100]);
      assert.deepEqual(lines(live), ["1 used 30", "0 unused 0", "0 used 35", "1 unused 0"]);
    });
  }

  test("keep a key where it is while a level gives some of its keys away", () => {
    const hashing = { algorithm: "consistent-hashing", hashOn: { kind: "ip" } } as const;
    const live = new Live(leveled([4, 4], hashing));
    live.fails("p0a", "upstream_reset");
    live.fails("p0b", "upstream_reset");
    for (let n = 0; n < 200; n++) {
      const first = live.pool.pick(nthRequest(n), []);
      assert.equal(live.pool.pick(nthRequest(n), []), first);
    }
  });

  test("leave a client with its cookie where it is until its level gets nothing any more", () => {
    const sticky = {
      algorithm: "sticky-sessions",
      stickyCookie: { name: "s", path: "/" },
    } as const;
    const live = new Live(leveled([2, 2], sticky));
    const ofClient = (): string | undefined =>
      live.pool.pick(exchangeOf({ fields: fieldsOf("Cookie: s=p1a") }), [])?.host;
    assert.match(ofClient() ?? "", /^p0/);
    live.fails("p0a", "upstream_reset");
    for (let n = 0; n < 20; n++) assert.equal(ofClient(), "p1a");
    live.upstreams.setHealth("pool", "p0a:80", true);
    assert.match(ofClient() ?? "", /^p0/);
  });

  test("go on to the next level when all of the first were tried for the request", () => {
    const live = new Live(leveled([2, 1]));
    const tried: Target[] = [];
    for (let n = 0; n < 3; n++) tried.push(live.pool.pick(exchangeOf(), tried) as Target);
    assert.deepEqual(tried.map(({ host }) => host).toSorted(), ["p0a", "p0b", "p1a"]);
    assert.equal(tried[2]?.host, "p1a");
    assert.ok(tried.includes(live.pool.pick(exchangeOf(), tried) as Target), "there is no other");
  });

  test("fail over from a level whose circuit breakers are all open", () => {
    const live = new Live(leveled([1, 1], { circuitBreaker: breakerConfig() }, NO_HEALTHCHECKS));
    for (let n = 0; n < 4; n++) {
      const attempt = live.try("p0a");
      live.pool.observer?.begin(attempt);
      live.pool.observer?.failed(attempt, new GatewayError("upstream_reset", "x"), 1);
      live.pool.observer?.end(attempt);
    }
    assert.equal(live.used, "p1a");
  });

  test("may leave gaps, and have their own targets of weight 0", () => {
    const targets = [
      { id: "a", host: "a", port: 80, weight: 100, priority: 7 },
      { id: "b", host: "b", port: 80, weight: 0, priority: 0 },
      { id: "c", host: "c", port: 80, weight: 1, priority: 20 },
    ];
    const live = new Live(upstreamConfig({ targets, healthchecks: PASSIVE }));
    assert.equal(live.used, "a");
    assert.deepEqual(
      live.upstreams.report()[0]?.priorities.map(({ priority, load }) => [priority, load]),
      [
        [7, 100],
        [20, 0],
      ],
    );
  });
});

describe("panic", () => {
  const panicking = { healthyPanicThreshold: 50 };

  test("uses all targets of a level of which less is healthy than the threshold, and says so", () => {
    const live = new Live(leveled([4], panicking));
    for (const host of ["p0a", "p0b"]) live.fails(host, "upstream_reset");
    assert.equal(live.used, "p0c p0d");
    live.fails("p0c", "upstream_reset");
    assert.equal(live.used, "p0a p0b p0c p0d");
    live.fails("p0d", "upstream_reset");
    assert.equal(live.used, "p0a p0b p0c p0d");
    assert.equal(live.upstreams.report()[0]?.priorities[0]?.isPanic, true);
    for (const host of ["p0a", "p0b"]) live.upstreams.setHealth("pool", `${host}:80`, true);
    assert.equal(live.used, "p0a p0b");
    assert.deepEqual(lines(live), ["0 panic 100", "0 panic_over 100"]);
  });

  test("is off unless asked for: then nothing is left to use", () => {
    const live = new Live(leveled([2]));
    for (const host of ["p0a", "p0b"]) live.fails(host, "upstream_reset");
    assert.equal(live.used, "-");
    assert.equal(live.upstreams.report()[0]?.health, "UNHEALTHY");
  });

  test("says that the upstream answers", () => {
    const live = new Live(leveled([2], panicking));
    for (const host of ["p0a", "p0b"]) live.fails(host, "upstream_reset");
    assert.equal(live.upstreams.report()[0]?.health, "HEALTHY");
  });

  test("spares what an operator has taken out, and respects open circuit breakers", () => {
    const live = new Live(leveled([4], { ...panicking, circuitBreaker: breakerConfig() }));
    live.upstreams.setHealth("pool", "p0a:80", false);
    for (let n = 0; n < 4; n++) {
      const attempt = live.try("p0b");
      live.pool.observer?.begin(attempt);
      live.pool.observer?.failed(attempt, new GatewayError("upstream_reset", "x"), 1);
    }
    live.fails("p0c", "upstream_reset");
    live.fails("p0d", "upstream_reset");
    assert.equal(live.used, "p0c p0d");
  });

  test("of one level leaves the others as they are", () => {
    const live = new Live(leveled([4, 4], panicking));
    for (const host of ["p0a", "p0b", "p0c", "p1a", "p1b"]) live.fails(host, "upstream_reset");
    assert.equal(live.upstreams.report()[0]?.priorities[0]?.isPanic, false, "35 + 70 is enough");
    live.fails("p1c", "upstream_reset");
    assert.deepEqual(
      live.upstreams.report()[0]?.priorities.map(({ isPanic }) => isPanic),
      [true, true],
    );
  });

  test("outlives targets that are replaced, without being told again", () => {
    const live = new Live(leveled([2], panicking));
    for (const host of ["p0a", "p0b"]) live.fails(host, "upstream_reset");
    const given = live.pool.config.targets.map((target) => ({ ...target, weight: 50 }));
    live.upstreams.setTargets("pool", given);
    assert.equal(live.used, "p0a p0b");
    assert.deepEqual(lines(live), ["0 panic 100"]);
  });
});
