import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { UpstreamConfig } from "../config/upstream-model.ts";
import { GatewayError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { exchangeOf } from "../exchange.testing.ts";
import type { Route } from "../snapshot.ts";
import { EQUAL, Live, configOf } from "./live-upstream.testing.ts";
import { answerTry } from "./tries.ts";
import { breakerConfig, NO_HEALTHCHECKS } from "./upstreams.testing.ts";

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
      if (typeof outcome === "number") answerTry(attempt, outcome, 1);
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
      answerTry(trial, 200, 1);
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
    const { closed, open, half_open: halfOpen } = a?.circuitBreaker?.transitions ?? {};
    assert.deepEqual([closed, open, halfOpen], [1, 1, 1]);
    assert.equal(a?.activeTries, 0);
  });

  test("count a response that breaks off after a good head as a failure, and once", () => {
    const live = new Live(config());
    for (let n = 0; n < 4; n++) {
      const attempt = live.try("a");
      live.pool.observer?.begin(attempt);
      answerTry(attempt, 200, 1);
      attempt.error = new GatewayError("upstream_reset", "x");
      live.pool.observer?.failed(attempt, attempt.error, 1);
      live.pool.observer?.end(attempt);
    }
    const [a] = live.upstreams.report()[0]?.targets ?? [];
    assert.deepEqual(a?.circuitBreaker?.rates, { calls: 4, failureRate: 100, slowCallRate: 0 });
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

  test("of a whole upstream stand before all of its targets, and say when to come again", async () => {
    const live = new Live(config({ circuitBreaker: breakerConfig({ per: "upstream" }) }));
    tries(live, "a", 500, 500);
    tries(live, "b", 500);
    assert.equal(live.used, "a b c");
    tries(live, "c", 500);
    assert.equal(live.used, "-");
    await live.clock.advance(400);
    const refusal = live.pool.refusal(exchangeOf());
    assert.deepEqual(
      [refusal?.code, refusal?.status, refusal?.retryAfterSeconds],
      ["circuit_open", 503, 1],
    );
    await live.clock.advance(600);
    assert.equal(live.used, "a b c");
    tries(live, "a", 200, 200);
    assert.deepEqual(live.breakerLines, [
      "pool closed > open: 100 % of 4 calls failed",
      "pool open > half_open: the wait is over",
      "pool half_open > closed: 2 trial calls went well",
    ]);
    assert.equal(live.upstreams.report()[0]?.circuitBreaker?.state, "closed");
  });

  test("of routes know nothing of each other", async () => {
    const live = new Live(config({ circuitBreaker: breakerConfig({ per: "route" }) }));
    const [first, second] = [routeOf("first"), routeOf("second")];
    for (let n = 0; n < 4; n++) {
      const attempt = { ...live.try("a"), route: first };
      live.pool.observer?.begin(attempt);
      live.pool.observer?.answered(attempt, 500, 1);
      live.pool.observer?.end(attempt);
    }
    const picked = (route: Route): string | undefined => {
      const exchange = exchangeOf();
      exchange.route = route;
      return live.pool.pick(exchange, [])?.host;
    };
    assert.equal(picked(first), undefined);
    assert.notEqual(picked(second), undefined);
    assert.deepEqual(live.breakerLines, ["first > pool closed > open: 100 % of 4 calls failed"]);
    const shown = live.upstreams
      .report()[0]
      ?.routeBreakers?.map((each) => [each.route, each.state]);
    assert.deepEqual(shown, [
      ["first", "open"],
      ["second", "closed"],
    ]);
    assert.equal(live.upstreams.setBreakers("pool", { route: "first" }, "closed"), true);
    assert.notEqual(picked(first), undefined);
    live.load(configOf(NO_HEALTHCHECKS, EQUAL));
    assert.deepEqual(live.upstreams.report()[0]?.routeBreakers, []);
    await live.clock.advance(10_000);
    assert.equal(live.clock.waiting, 0);
  });

  test("of targets say circuit_open only when nothing else keeps the targets out", async () => {
    const live = new Live(config());
    for (const host of ["a", "b"]) tries(live, host, 500, 500, 500, 500);
    assert.equal(live.pool.refusal(exchangeOf()), undefined, "one lets something through");
    await live.clock.advance(300);
    tries(live, "c", 500, 500, 500, 500);
    assert.equal(live.pool.refusal(exchangeOf())?.code, "circuit_open");
    for (const host of ["a", "b", "c"]) live.upstreams.setHealth("pool", `${host}:80`, false);
    assert.equal(live.pool.refusal(exchangeOf()), undefined, "none is healthy");
  });

  test("are put into a state by an operator: one of them, or all; there may be none", () => {
    const live = new Live(config());
    assert.equal(live.upstreams.setBreakers("pool", { target: "a:80" }, "forced_open"), true);
    assert.equal(live.used, "b c");
    assert.equal(live.upstreams.setBreakers("pool", {}, "forced_open"), true);
    assert.equal(live.used, "-");
    assert.equal(live.pool.refusal(exchangeOf())?.retryAfterSeconds, undefined);
    live.load(config({ slots: 20 }));
    assert.equal(live.used, "-", "a reload with the same fields keeps it");
    assert.equal(live.upstreams.setBreakers("pool", {}, "disabled"), true);
    for (const host of ["a", "b", "c"]) tries(live, host, 500, 500, 500, 500);
    assert.equal(live.used, "a b c");
    assert.equal(live.upstreams.setBreakers("pool", { target: "d:80" }, "open"), false);
    assert.equal(live.upstreams.setBreakers("pool", { route: "r" }, "open"), false);
    assert.equal(live.upstreams.setBreakers("nope", {}, "open"), false);
  });

  test("count what record_exceptions and failure_statuses say", () => {
    const circuitBreaker = breakerConfig({
      recordExceptions: new Set(["upstream_timeout"]),
      failureStatuses: new Set([429]),
    });
    const live = new Live(config({ circuitBreaker }));
    tries(live, "a", "upstream_reset", 500, "upstream_reset", 503);
    assert.equal(live.used, "a b c");
    tries(live, "a", 429, "upstream_timeout");
    assert.equal(live.used, "b c");
  });
});

/** As far as circuit breakers look at it. */
function routeOf(name: string): Route {
  // Nothing else of it is read.
  return { config: { id: `id of ${name}`, name } } as Route;
}
