import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NO_HEALTHCHECKS } from "../config/upstream-model.ts";
import type { UpstreamConfig } from "../config/upstream-model.ts";
import { GatewayError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { EQUAL, Live, configOf } from "./live-upstream.testing.ts";
import { breakerConfig } from "./upstreams.testing.ts";

describe("circuit breakers", () => {
  const config = (parts: Partial<UpstreamConfig> = {}): UpstreamConfig => ({
    ...configOf(NO_HEALTHCHECKS, EQUAL),
    circuitBreaker: breakerConfig(),
    ...parts,
  });

  /** Tries of the target that come to that, one after the other. */
  function tries(live: Live, host: string, ...outcomes: readonly (number | ErrorCode)[]): void {
    for (const outcome of outcomes) {
      const attempt = live.try(host);
      const { observer } = live.pool;
      observer?.begin(attempt);
      if (typeof outcome === "number") observer?.answered(attempt, outcome, 1);
      else observer?.failed(attempt, new GatewayError(outcome, "x"), 1);
      observer?.end(attempt);
    }
  }

  test("take a target out while they are open, let trial calls through, and bring it back", async () => {
    const live = new Live(config());
    tries(live, "a", 200, 500, 503, "upstream_reset");
    tries(live, "b", 200, 404, 501, 200);
    assert.equal(live.used, "b c");
    await live.clock.advance(1000);
    assert.equal(live.used, "a b c");
    const trials = [live.try("a"), live.try("a")];
    for (const trial of trials) live.pool.observer?.begin(trial);
    assert.equal(live.used, "b c");
    for (const trial of trials) {
      live.pool.observer?.answered(trial, 200, 1);
      live.pool.observer?.end(trial);
    }
    assert.equal(live.used, "a b c");
    assert.deepEqual(live.breakerLines, [
      "a:80 closed > open: 75 % of 4 calls failed",
      "a:80 open > half_open: the wait is over",
      "a:80 half_open > closed: 2 trial calls went well",
    ]);
    const [a] = live.upstreams.report()[0]?.targets ?? [];
    assert.equal(a?.circuitBreaker?.state, "closed");
    assert.deepEqual(a?.circuitBreaker?.transitions, { closed: 1, open: 1, half_open: 1 });
    assert.equal(a?.activeTries, 0);
  });

  test("count a try once, though its response breaks after a good head", () => {
    const live = new Live(config());
    for (let n = 0; n < 4; n++) {
      const attempt = live.try("a");
      live.pool.observer?.begin(attempt);
      live.pool.observer?.answered(attempt, 200, 1);
      live.pool.observer?.failed(attempt, new GatewayError("upstream_reset", "x"), 1);
      live.pool.observer?.end(attempt);
    }
    const [a] = live.upstreams.report()[0]?.targets ?? [];
    assert.deepEqual(a?.circuitBreaker?.rates, { calls: 4, failureRate: 0, slowCallRate: 0 });
  });

  test("do not count what is not the target's doing, and take its permit back", async () => {
    const live = new Live(config());
    const own = ["client_closed", "route_timeout", "upstream_stale", "internal"] as const;
    tries(live, "a", ...own, ...own);
    assert.equal(live.used, "a b c");
    tries(live, "a", 500, 500, 500, 500);
    await live.clock.advance(1000);
    tries(live, "a", ...own);
    assert.equal(live.used, "a b c", "still two permits");
  });

  test("of all targets being open leave none, and no request waits", () => {
    const live = new Live(config());
    for (const host of ["a", "b", "c"]) tries(live, host, 500, 500, 500, 500);
    assert.equal(live.used, "-");
  });

  test("stay as they are in a reload with the same fields, and begin anew with others", async () => {
    const live = new Live(config());
    tries(live, "a", 500, 500, 500, 500);
    live.load(config({ slots: 20 }));
    assert.equal(live.used, "b c");
    live.load(config({ circuitBreaker: breakerConfig({ minimumNumberOfCalls: 3 }) }));
    assert.equal(live.used, "a b c");
    tries(live, "a", 500, 500, 500);
    assert.equal(live.used, "b c");
    live.load(configOf(NO_HEALTHCHECKS, EQUAL));
    assert.equal(live.used, "a b c");
    await live.clock.advance(10_000);
    assert.equal(live.clock.waiting, 0);
  });
});
