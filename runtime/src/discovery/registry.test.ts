import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../upstream/upstreams.testing.ts";
import { Registry } from "./registry.ts";
import type { Listener, ListedTarget } from "./source.ts";

const one: ListedTarget = { host: "10.0.0.1", port: 80, weight: 1 };
const other: ListedTarget = { host: "10.0.0.2", port: 80, weight: 1 };

class Watched {
  readonly clock: FakeClock = new FakeClock();
  readonly lists: (readonly ListedTarget[])[] = [];
  readonly states: string[] = [];
  readonly listeners: Listener[] = [];
  readonly registry: Registry;
  #ends = Promise.withResolvers<void>();

  constructor() {
    const watching = (listener: Listener): Promise<void> => {
      this.listeners.push(listener);
      this.#ends = Promise.withResolvers<void>();
      return this.#ends.promise;
    };
    this.registry = new Registry(
      { type: "fake", isRequired: true, folder: "/", watching },
      {
        clock: this.clock,
        random: () => 0,
        now: () => 1_000_000 + this.clock.nowMs(),
        onTargets: (targets) => this.lists.push(targets),
        onState: (state, error) =>
          this.states.push(error === undefined ? state : `${state} ${error}`),
      },
    );
    this.registry.start();
  }

  get listener(): Listener {
    return this.listeners.at(-1) as Listener; // It was started.
  }

  async breaks(detail: string): Promise<void> {
    this.#ends.reject(new Error(detail));
    await new Promise((resolve) => setImmediate(resolve));
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a registry", () => {
  test("leaves the last known targets when it breaks, and says so", async () => {
    const watched = new Watched();
    watched.listener.onTargets([other, one]);
    await watched.pass(5000);
    await watched.breaks("refused");
    assert.deepEqual(watched.registry.targets, [one, other]);
    const report = watched.registry.report();
    assert.deepEqual(
      [report.state, report.error, report.ageMs, report.errors],
      ["failing", "refused", 5000, 1],
    );
    assert.deepEqual(watched.states, ["watching", "failing refused"]);
  });

  test("tells of a list only when it is another one", () => {
    const watched = new Watched();
    watched.listener.onTargets([one, other]);
    watched.listener.onTargets([other, one]);
    watched.listener.onTargets([]);
    assert.deepEqual(watched.lists, [[one, other], []]);
  });

  test("is asked again later and later, each time the next server, and at once when it was well", async () => {
    const watched = new Watched();
    for (const [at, delayMs] of [100, 200, 400, 800].entries()) {
      await watched.breaks("refused");
      await watched.pass(delayMs - 1);
      assert.equal(watched.listeners.length, at + 1);
      await watched.pass(1);
      assert.equal(watched.listeners.length, at + 2);
      assert.equal(watched.listener.attempt, at + 1);
    }
    watched.listener.onTargets([one]);
    watched.listener.onAlive();
    await watched.breaks("cut");
    await watched.pass(100);
    assert.equal(watched.listeners.length, 6);
  });

  test("waits no longer than half a minute", async () => {
    const watched = new Watched();
    for (let count = 1; count < 15; count++) {
      await watched.breaks("refused");
      await watched.pass(30_000);
      assert.equal(watched.listeners.length, count + 1);
    }
  });

  test("that lists and then breaks again and again is asked about once a second", async () => {
    const watched = new Watched();
    for (let count = 1; count < 10; count++) {
      watched.listener.onTargets([one]);
      await watched.breaks("cut");
      await watched.pass(800);
      assert.equal(watched.listeners.length, count + 1);
    }
    watched.listener.onTargets([one]);
    await watched.breaks("cut");
    await watched.pass(799);
    assert.equal(watched.listeners.length, 10);
  });

  test("goes on with what it watches when something of it cannot be used", () => {
    const watched = new Watched();
    watched.listener.onTargets([one]);
    watched.listener.onFault("bad entry");
    assert.deepEqual(watched.registry.targets, [one]);
    assert.equal(watched.registry.report().state, "failing");
    watched.listener.onTargets([one]);
    assert.equal(watched.registry.report().state, "watching");
  });

  test("says nothing after it was stopped", () => {
    const watched = new Watched();
    watched.registry.stop();
    watched.listener.onTargets([one]);
    assert.deepEqual(watched.lists, []);
    assert.equal(watched.listener.signal.aborted, true);
  });
});
