import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GradientControllerConfig } from "../../config/bounds-model.ts";
import { FakeClock, seededRandom } from "../upstreams.testing.ts";
import { GradientController } from "./gradient-controller.ts";

const CONFIG: GradientControllerConfig = {
  sampleAggregatePercentile: 50,
  maxConcurrencyLimit: 1000,
  concurrencyUpdateIntervalMs: 100,
  minRttIntervalMs: 10_000,
  fixedMinRttMs: undefined,
  minRttRequestCount: 50,
  jitterPercent: 15,
  minConcurrency: 3,
  bufferPercent: 25,
};

function controller(
  clock: FakeClock,
  config: Partial<GradientControllerConfig> = {},
): GradientController {
  return new GradientController({
    config: { ...CONFIG, ...config },
    clock,
    random: seededRandom(1),
    onLimit: () => undefined,
  });
}

/** Serves so many requests at once, each for so long; the rest stand in line. */
class Server {
  workers = 20;
  serviceMs = 10;
  readonly #clock: FakeClock;
  readonly #line: (() => void)[] = [];
  #busy = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  serve(onDone: () => void): void {
    if (this.#busy >= this.workers) return void this.#line.push(() => this.serve(onDone));
    this.#busy++;
    this.#clock.after(this.serviceMs, () => {
      this.#busy--;
      onDone();
      this.#line.shift()?.();
    });
  }
}

/** Clients that come more often than the server can bear, and go away when there is no room. */
class Simulation {
  readonly clock: FakeClock = new FakeClock();
  readonly server: Server = new Server(this.clock);
  readonly controller: GradientController;
  /** Latencies and refusals of the last {@link run}. */
  latencies: number[] = [];
  refused = 0;
  #active = 0;

  constructor(config: Partial<GradientControllerConfig> = {}) {
    this.controller = controller(this.clock, config);
  }

  async run(forMs: number, perMs: number): Promise<void> {
    this.latencies = [];
    this.refused = 0;
    for (let ms = 0; ms < forMs; ms++) {
      for (let n = 0; n < perMs; n++) this.#arrive();
      await this.clock.advance(1);
    }
  }

  #arrive(): void {
    if (this.#active >= this.controller.limit) return void this.refused++;
    this.#active++;
    const startedAtMs = this.clock.nowMs();
    this.server.serve(() => {
      this.#active--;
      const latencyMs = this.clock.nowMs() - startedAtMs;
      this.latencies.push(latencyMs);
      this.controller.record(startedAtMs, latencyMs);
    });
  }

  get meanLatencyMs(): number {
    return this.latencies.reduce((sum, ms) => sum + ms, 0) / this.latencies.length;
  }
}

describe("the gradient controller", () => {
  test("finds how much a server can bear, and refuses the rest", async () => {
    const simulation = new Simulation();
    // Twice as much as the server can bear.
    await simulation.run(3000, 4);
    assert.equal(simulation.controller.minRttMs, 10);
    const { limit } = simulation.controller;
    assert.ok(limit >= 20 && limit <= 40, `limit ${limit} for 20 workers`);
    await simulation.run(1000, 4);
    assert.ok(simulation.meanLatencyMs < 20, `${simulation.meanLatencyMs} ms`);
    assert.ok(simulation.refused > 1500, `${simulation.refused} of 4000 were too much`);
    assert.ok(simulation.latencies.length > 1900, "the server is used to the full");
  });

  test("goes down with a server that loses workers, and up again with one that wins them", async () => {
    const simulation = new Simulation();
    await simulation.run(3000, 4);
    simulation.server.workers = 5;
    await simulation.run(1500, 4);
    const down = simulation.controller.limit;
    assert.ok(down >= 5 && down <= 14, `limit ${down} for 5 workers`);
    simulation.server.workers = 50;
    await simulation.run(3000, 8);
    const up = simulation.controller.limit;
    assert.ok(up >= 50 && up <= 90, `limit ${up} for 50 workers`);
  });

  test("lets only a few through while it measures the best latency, at the start and then again", async () => {
    const simulation = new Simulation({ minRttIntervalMs: 1000 });
    assert.equal(simulation.controller.limit, 3);
    await simulation.run(600, 4);
    assert.ok(simulation.controller.limit > 3);
    simulation.server.serviceMs = 40;
    let hasMeasured = false;
    for (let n = 0; n < 40; n++) {
      await simulation.run(50, 4);
      hasMeasured ||= simulation.controller.limit === 3;
    }
    assert.ok(hasMeasured);
    assert.equal(simulation.controller.minRttMs, 40, "what is usual now is the best there is");
  });

  test("measures again after five windows at the least limit", async () => {
    const clock = new FakeClock();
    const tested = controller(clock, { minRttRequestCount: 1, minRttIntervalMs: 1e9 });
    tested.record(0, 10);
    for (let n = 0; n < 6; n++) {
      assert.equal(tested.minRttMs, 10);
      tested.record(clock.nowMs(), 100);
      await clock.advance(100);
    }
    tested.record(clock.nowMs(), 100);
    assert.equal(tested.minRttMs, 100);
  });

  test("does not take requests from before a measurement for part of it", async () => {
    const clock = new FakeClock();
    await clock.advance(100);
    const tested = controller(clock, { minRttRequestCount: 1 });
    tested.record(99, 5000);
    assert.equal(tested.minRttMs, undefined);
    tested.record(100, 10);
    assert.equal(tested.minRttMs, 10);
  });

  test("goes by a given best latency, and keeps within its bounds", async () => {
    const clock = new FakeClock();
    const tested = controller(clock, { fixedMinRttMs: 10, maxConcurrencyLimit: 30 });
    const limits: number[] = [];
    for (const latencyMs of [10, 10, 10, 10, 10, 10, 10, 10, 1000, 1000, 1000, 1000, 1000, 1000]) {
      tested.record(clock.nowMs(), latencyMs);
      await clock.advance(100);
      limits.push(tested.limit);
    }
    assert.deepEqual(limits, [5, 8, 13, 20, 30, 30, 30, 30, 18, 12, 8, 6, 4, 3]);
  });

  test("does nothing where no request comes, and leaves no timer behind", async () => {
    const clock = new FakeClock();
    const tested = controller(clock, { fixedMinRttMs: 10 });
    assert.equal(clock.waiting, 0);
    tested.record(0, 10);
    await clock.advance(100);
    assert.equal(clock.waiting, 0);
    tested.record(100, 10);
    tested.stop();
    assert.equal(clock.waiting, 0);
  });
});
