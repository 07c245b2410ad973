import assert from "node:assert/strict";
import { test } from "node:test";

import type { Period } from "../calendar.ts";
import { FakeStore } from "../testing/fake-store.ts";
import { QuotaCounter, readQuotaDefinition } from "./quota-counter.ts";

const NOON = Date.UTC(2026, 4, 31, 12);

/** A gateway's counters, and its clock. */
class Gateway {
  nowMs = NOON;
  readonly store: FakeStore = new FakeStore(() => this.nowMs);

  /** Each worker has a counter of its own for a quota and shares only the store. */
  worker(
    limits: Partial<Record<Period, number>>,
    { sliding = false, name = "" }: { readonly sliding?: boolean; readonly name?: string } = {},
  ): Worker {
    const definition = readQuotaDefinition(JSON.stringify({ limits, sliding, name }));
    assert.ok(definition);
    return new Worker(this, new QuotaCounter(this.store, `quota:${name}`, definition));
  }
}

class Worker {
  readonly #gateway: Gateway;
  readonly #counter: QuotaCounter;

  constructor(gateway: Gateway, counter: QuotaCounter) {
    this.#gateway = gateway;
    this.#counter = counter;
  }

  take(cost: number = 1, client: string = "client"): boolean {
    return this.#counter.take(client, cost, this.#gateway.nowMs);
  }

  /** How many of so many fit. */
  takes(count: number): number {
    return Array.from({ length: count }, () => this.take()).filter((fits) => fits).length;
  }

  left(...windows: string[]): (number | undefined)[] {
    return windows.map((window) => this.#counter.valueOf(window, "remaining"));
  }

  limit(window: string): number | undefined {
    return this.#counter.valueOf(window, "limit");
  }

  reset(window: string): number | undefined {
    return this.#counter.valueOf(window, "reset");
  }
}

test("counts in every window, each client for itself", () => {
  const gateway = new Gateway();
  const worker = gateway.worker({ minute: 10, hour: 25 });
  assert.equal(worker.take(), true);
  assert.deepEqual(worker.left("minute", "hour"), [9, 24]);
  assert.equal(worker.take(), true);
  assert.deepEqual(worker.left("minute", "hour"), [8, 23]);
  assert.equal(worker.take(1, "other"), true);
  assert.deepEqual(worker.left("minute", "hour"), [9, 24]);
});

test("what is refused counts in no window, whichever of them is full", () => {
  const gateway = new Gateway();
  const worker = gateway.worker({ minute: 10, hour: 25, day: 100 });
  worker.takes(10);
  assert.equal(worker.takes(100), 0);
  assert.deepEqual(worker.left("minute", "hour", "day"), [0, 15, 90]);
  gateway.nowMs += 60_000;
  assert.equal(worker.takes(10), 10);
  gateway.nowMs += 60_000;
  assert.equal(worker.takes(100), 5);
  assert.deepEqual(worker.left("minute", "hour", "day"), [5, 0, 75]);
});

test("a cost counts whole or not at all", () => {
  const worker = new Gateway().worker({ minute: 10, hour: 25 });
  assert.equal(worker.take(8), true);
  assert.deepEqual(worker.left("minute", "hour"), [2, 17]);
  assert.equal(worker.take(3), false);
  assert.deepEqual(worker.left("minute", "hour"), [2, 17]);
  assert.equal(worker.take(2), true);
  assert.equal(worker.take(1e9), false);
  assert.deepEqual(worker.left("minute", "hour"), [0, 15]);
});

test("workers together let exactly the limit pass", () => {
  const gateway = new Gateway();
  const workers = Array.from({ length: 4 }, () => gateway.worker({ minute: 10, hour: 25 }));
  const rounds = Array.from({ length: 10 }, () => workers.map((worker) => worker.take()));
  assert.equal(rounds.flat().filter((fits) => fits).length, 10);
});

test("no more than the limit pass when workers count between each other's steps", () => {
  const gateway = new Gateway();
  const { store } = gateway;
  const workers = Array.from({ length: 4 }, () => gateway.worker({ minute: 10, hour: 25 }));
  let passed = 0;
  let depth = 0;
  const countOne = (at: number): void => {
    if (workers[at]?.take() === true) passed++;
  };
  // Before and after each increment, the next worker counts a whole request, three deep.
  const letAnotherWorkerCount = (): void => {
    if (depth === workers.length - 1) return;
    depth++;
    countOne(depth);
    depth--;
  };
  const increment = store.increment.bind(store);
  store.increment = (key, delta, ttlMs) => {
    letAnotherWorkerCount();
    const value = increment(key, delta, ttlMs);
    letAnotherWorkerCount();
    return value;
  };
  for (const allowed of [10, 20, 25]) {
    for (let round = 0; round < 5; round++) countOne(0);
    assert.ok(passed > 0 && passed <= allowed, `${passed} passed, ${allowed} are allowed`);
    gateway.nowMs += 60_000;
  }
});

test("quotas, periods and clients never share a counter", () => {
  const gateway = new Gateway();
  gateway.nowMs = Date.UTC(2026, 0, 1);
  const all = { second: 9, minute: 9, hour: 9, day: 9, month: 9, year: 9 };
  for (const name of ["one", "two"]) {
    const worker = gateway.worker(all, { name });
    for (const client of ["", "a", "a:b"]) worker.take(1, client);
  }
  const keys = gateway.store.keys();
  assert.equal(keys.length, 2 * 6 * 3);
  assert.ok(keys.every((key) => gateway.store.get(key) === "1"));
});

test("a month ends with its last day, a year with its last month", () => {
  const gateway = new Gateway();
  const worker = gateway.worker({ month: 1, year: 2 });
  for (const [at, fits] of [
    [Date.UTC(2028, 1, 1), true],
    [Date.UTC(2028, 1, 29, 23, 59, 59, 999), false],
    [Date.UTC(2028, 2, 1), true],
    [Date.UTC(2028, 11, 31, 23, 59, 59, 999), false],
    [Date.UTC(2029, 0, 1), true],
    [Date.UTC(2029, 0, 31, 23, 59, 59, 999), false],
  ] as const) {
    gateway.nowMs = at;
    assert.equal(worker.take(), fits, new Date(at).toISOString());
  }
});

test("a clock that is set back counts in the window before", () => {
  const gateway = new Gateway();
  const worker = gateway.worker({ minute: 2 });
  gateway.nowMs = NOON - 1;
  worker.take();
  gateway.nowMs = NOON;
  worker.take(2);
  gateway.nowMs = NOON - 1;
  assert.equal(worker.takes(3), 1);
  gateway.nowMs = NOON;
  assert.equal(worker.take(), false);
});

test("a worker whose clock is late counts on in a window that has ended for others", () => {
  const gateway = new Gateway();
  const late = gateway.worker({ minute: 1 });
  gateway.nowMs = NOON - 1;
  late.take();
  const { store } = gateway;
  const counter = new QuotaCounter(store, "quota:", {
    name: "",
    limits: [["minute", 1]],
    isSliding: false,
  });
  gateway.nowMs = NOON + 900;
  assert.equal(counter.take("client", 1, NOON - 1), false);
  gateway.nowMs = NOON + 1001;
  assert.deepEqual(store.keys(), []);
});

test("R6 of a sliding window, the part of the one before counts: no burst at its edge", () => {
  const gateway = new Gateway();
  const worker = gateway.worker({ minute: 10 }, { sliding: true });
  gateway.nowMs = NOON + 59_000;
  assert.equal(worker.takes(20), 10);
  gateway.nowMs = NOON + 60_000;
  assert.equal(worker.takes(20), 0);
  // Three quarters of ten are left.
  gateway.nowMs = NOON + 75_000;
  assert.equal(worker.takes(20), 2);
  assert.deepEqual(worker.left("minute"), [0]);
  gateway.nowMs = NOON + 180_000;
  assert.equal(worker.takes(20), 10);
});

test("a sliding quota counts what is refused in no window", () => {
  const worker = new Gateway().worker({ minute: 10, hour: 25 }, { sliding: true });
  assert.equal(worker.takes(30), 10);
  assert.deepEqual(worker.left("minute", "hour"), [0, 15]);
});

test("a part that is a whole number counts as that, whatever fractions multiply to", () => {
  const gateway = new Gateway();
  const worker = gateway.worker({ minute: 100 }, { sliding: true });
  for (let percent = 1; percent < 100; percent++) {
    gateway.nowMs = NOON;
    worker.take(100, `${percent} %`);
    gateway.nowMs += 60_000 + percent * 600;
    assert.equal(worker.take(1, `${percent} %`), true, `${percent} %`);
    assert.deepEqual(worker.left("minute"), [percent - 1], `${percent} %`);
  }
});

test("a short month counts until the end of the longer one behind it when windows slide", () => {
  const gateway = new Gateway();
  const worker = gateway.worker({ month: 310 }, { sliding: true });
  gateway.nowMs = Date.UTC(2026, 1, 1);
  assert.equal(worker.take(310), true);
  gateway.nowMs = Date.UTC(2026, 2, 31);
  // A day of 31 is left.
  assert.equal(worker.take(301), false);
  assert.equal(worker.take(300), true);
});

test("the tightest window has the fewest left, the longest of several", () => {
  const gateway = new Gateway();
  const worker = gateway.worker({ second: 5, minute: 6, day: 6 });
  worker.take();
  assert.deepEqual([worker.limit("tightest"), ...worker.left("tightest")], [5, 4]);
  gateway.nowMs += 1000;
  worker.take();
  assert.deepEqual([worker.limit("tightest"), ...worker.left("tightest")], [6, 4]);
  assert.equal(worker.reset("tightest"), 12 * 3600 - 1);
});

test("seconds until a window ends are rounded up, and are those of the last take", () => {
  const gateway = new Gateway();
  const worker = gateway.worker({ minute: 3, hour: 9 });
  for (const [atMs, seconds] of [
    [0, 60],
    [1, 60],
    [30_500, 30],
    [59_999, 1],
    [60_000, 60],
  ] as const) {
    gateway.nowMs = NOON + atMs;
    worker.take();
    gateway.nowMs += 5000;
    assert.equal(worker.reset("minute"), seconds, `${atMs} ms`);
  }
  assert.equal(worker.reset("hour"), 3540);
});

test("knows nothing of windows without a limit", () => {
  const worker = new Gateway().worker({ minute: 3 });
  worker.take();
  for (const window of ["hour", "", "Minute", "toString"]) {
    assert.equal(worker.limit(window), undefined, window);
    assert.equal(worker.reset(window), undefined, window);
  }
});

test("reads a definition, shortest period first", () => {
  const json = '{"limits":{"year":7,"second":1,"hour":3},"name":"a","sliding":true}';
  assert.deepEqual(readQuotaDefinition(json), {
    name: "a",
    limits: [
      ["second", 1],
      ["hour", 3],
      ["year", 7],
    ],
    isSliding: true,
  });
});

test("refuses what is no definition", () => {
  const good = { name: "", limits: { minute: 1 }, sliding: false };
  assert.ok(readQuotaDefinition(JSON.stringify(good)));
  assert.ok(readQuotaDefinition(JSON.stringify({ ...good, name: "a".repeat(64) })));
  const bad = [
    ...[0, -1, 1.5, "1", null, true, 2 ** 53].map((minute) => ({ ...good, limits: { minute } })),
    ...[{}, [], null, 5, { week: 1 }, { minute: 1, week: 1 }].map((limits) => ({
      ...good,
      limits,
    })),
    ...[null, 5, "a".repeat(65)].map((name) => ({ ...good, name })),
    ...[null, 1, "true"].map((sliding) => ({ ...good, sliding })),
    { name: "", limits: good.limits },
    { limits: good.limits, sliding: false },
    { name: "", sliding: false },
    null,
    [],
    "text",
    7,
  ];
  for (const each of bad) {
    assert.equal(readQuotaDefinition(JSON.stringify(each)), undefined, JSON.stringify(each));
  }
  const texts = ["", "{", '{"limits":{"__proto__":1,"minute":1},"name":"","sliding":false}'];
  for (const text of texts) assert.equal(readQuotaDefinition(text), undefined, text);
});
