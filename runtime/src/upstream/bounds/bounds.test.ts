import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BoundsConfig, GradientControllerConfig } from "../../config/bounds-model.ts";
import { exchangeOf } from "../../exchange.testing.ts";
import type { Exchange, TryKind } from "../../exchange.ts";
import { FakeClock } from "../upstreams.testing.ts";
import { Bounds } from "./bounds.ts";
import { Bulkheads } from "./bulkheads.ts";

function boundsConfig(parts: Partial<BoundsConfig> = {}): BoundsConfig {
  return {
    maxConnections: undefined,
    maxRequests: undefined,
    maxPendingRequests: 2,
    pendingTimeoutMs: 1000,
    maxRetries: undefined,
    ...parts,
  };
}

class Trial {
  readonly clock: FakeClock = new FakeClock();
  readonly bounds: Bounds;
  readonly events: string[] = [];

  constructor(config: Partial<BoundsConfig>, threads = 1) {
    const { clock } = this;
    this.bounds = new Bounds({ upstream: "pool", clock, random: () => 0, threads });
    this.bounds.renew({ bounds: boundsConfig(config) });
  }

  /** What becomes of a try at once; later it is in the events. */
  enter(name: string, kind: TryKind = "first", exchange: Exchange = exchangeOf()): string {
    const admitted = this.bounds.enter(exchange, kind);
    if (!(admitted instanceof Promise)) return admitted?.message ?? "in";
    void admitted.then((refused) => this.events.push(`${name}: ${refused?.message ?? "in"}`));
    return "waits";
  }
}

describe("the bounds of an upstream", () => {
  test("let so many tries in, so many wait, and refuse the rest with 503 and Retry-After", async () => {
    const trial = new Trial({ maxRequests: 2 });
    const seen = ["a", "b", "c", "d", "e"].map((name) => trial.enter(name));
    const full = "upstream_overloaded: pool: queue_full, 2 requests are under way and 2 wait";
    assert.deepEqual(seen, ["in", "in", "waits", "waits", full]);
    trial.bounds.leave(exchangeOf(), "first");
    await trial.clock.advance(1000);
    assert.deepEqual(trial.events, [
      "c: in",
      "d: upstream_overloaded: pool: pending_timeout, 2 requests are under way and 0 wait",
    ]);
    const refused = trial.bounds.enter(exchangeOf(), "hedge");
    assert.ok(refused !== undefined && !(refused instanceof Promise));
    assert.deepEqual([refused.status, refused.retryAfterSeconds], [503, 1]);
    assert.deepEqual(trial.bounds.report(), {
      activeRequests: 2,
      pendingRequests: 0,
      activeRetries: 0,
      limit: 2,
      minRttMs: undefined,
      refused: { queue_full: 2, pending_timeout: 1, max_retries: 0 },
    });
  });

  test("forget a request that ends while it waits", async () => {
    const trial = new Trial({ maxRequests: 1, maxRetries: 1 });
    trial.enter("a");
    const exchange = exchangeOf();
    assert.equal(trial.enter("b", "retry", exchange), "waits");
    for (const giveUp of exchange.underWay ?? []) giveUp();
    assert.equal(trial.bounds.report()?.pendingRequests, 0);
    assert.equal(trial.bounds.report()?.activeRetries, 0);
    trial.bounds.leave(exchangeOf(), "first");
    await trial.clock.advance(5000);
    assert.deepEqual(trial.events, []);
    assert.equal(trial.enter("c", "retry"), "in");
    assert.equal(trial.clock.waiting, 0);
  });

  test("hold so many retries, and no request because of them", () => {
    const trial = new Trial({ maxRetries: 1 });
    assert.equal(trial.enter("a", "retry"), "in");
    assert.match(trial.enter("b", "retry"), /max_retries, 1 retries are under way/);
    assert.equal(trial.enter("c"), "in");
    trial.bounds.leave(exchangeOf(), "retry");
    assert.equal(trial.enter("d", "hedge"), "in");
    assert.match(trial.enter("e", "retry"), /max_retries/);
  });

  test("do not let a hedge wait: it would come too late", () => {
    const trial = new Trial({ maxRequests: 1 });
    trial.enter("a");
    assert.match(trial.enter("b", "hedge"), /queue_full/);
    assert.equal(trial.bounds.report()?.activeRetries, 0);
  });

  test("are the lower of max_connections and max_requests, shared by all threads", () => {
    assert.equal(new Trial({ maxRequests: 9, maxConnections: 5 }).bounds.report()?.limit, 5);
    assert.equal(new Trial({ maxRequests: 4, maxConnections: 5 }).bounds.report()?.limit, 4);
    assert.equal(new Trial({ maxRequests: 9 }, 4).bounds.report()?.limit, 3);
    assert.equal(new Trial({}).bounds.report()?.limit, undefined);
  });

  test("let those in who wait when a config raises them or takes them away", async () => {
    const trial = new Trial({ maxRequests: 1 });
    for (const name of ["a", "b", "c"]) trial.enter(name);
    trial.bounds.renew({ bounds: boundsConfig({ maxRequests: 2 }) });
    await trial.clock.advance(0);
    assert.deepEqual(trial.events, ["b: in"]);
    trial.bounds.renew({});
    await trial.clock.advance(0);
    assert.deepEqual(trial.events, ["b: in", "c: in"]);
    assert.equal(trial.bounds.report(), undefined);
  });

  test("follow the limit that latencies suggest, without a queue of their own", () => {
    const adaptiveConcurrency: GradientControllerConfig = {
      sampleAggregatePercentile: 50,
      maxConcurrencyLimit: 1000,
      concurrencyUpdateIntervalMs: 100,
      minRttIntervalMs: 60_000,
      fixedMinRttMs: undefined,
      minRttRequestCount: 50,
      jitterPercent: 0,
      minConcurrency: 2,
      bufferPercent: 25,
    };
    const trial = new Trial({});
    trial.bounds.renew({ adaptiveConcurrency });
    assert.deepEqual([trial.enter("a"), trial.enter("b")], ["in", "in"]);
    assert.match(trial.enter("c"), /queue_full, 2 requests are under way/);
    trial.bounds.stop();
    assert.equal(trial.clock.waiting, 0);
  });
});

describe("bulkheads", () => {
  const config = { maxConcurrentCalls: 1, maxWaitDurationMs: 0, queueCapacity: 100 };

  test("hold the requests of each route for itself, and refuse at once where nobody may wait", () => {
    const bulkheads = new Bulkheads(new FakeClock(), 1);
    const routes = ["one", "two"].map((name) => ({ id: `id ${name}`, name, bulkhead: config }));
    bulkheads.activate(routes);
    const [one, two] = routes.map((route) => bulkheads.of(route));
    assert.equal(one?.enter(exchangeOf()), undefined);
    const refused = one?.enter(exchangeOf());
    assert.ok(refused !== undefined && !(refused instanceof Promise));
    assert.deepEqual(
      [refused.code, refused.status, refused.retryAfterSeconds],
      ["bulkhead_full", 503, 1],
    );
    assert.equal(two?.enter(exchangeOf()), undefined);
    one?.leave(exchangeOf());
    assert.equal(one?.enter(exchangeOf()), undefined);
    assert.deepEqual(
      bulkheads
        .report()
        .map(({ route, activeCalls, refused: count }) => [route, activeCalls, count]),
      [
        ["one", 1, 1],
        ["two", 1, 0],
      ],
    );
  });

  test("let requests wait for as long as they may, and keep what they know in a reload", async () => {
    const clock = new FakeClock();
    const bulkheads = new Bulkheads(clock, 1);
    const route = { id: "r", name: undefined, bulkhead: { ...config, maxWaitDurationMs: 500 } };
    bulkheads.activate([route]);
    const before = bulkheads.of(route);
    assert.equal(before?.enter(exchangeOf()), undefined);
    const waiting = before?.enter(exchangeOf());
    assert.ok(waiting instanceof Promise);
    bulkheads.activate([{ ...route, bulkhead: { ...config, maxConcurrentCalls: 2 } }]);
    assert.equal(await waiting, undefined, "the new config has room for it");
    assert.equal(bulkheads.of(route), before);
    bulkheads.activate([{ id: "r", name: undefined }]);
    assert.deepEqual(bulkheads.report(), []);
    assert.equal(bulkheads.of({ id: "r", name: undefined }), undefined);
    assert.equal(clock.waiting, 0);
  });
});
