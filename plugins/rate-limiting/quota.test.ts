import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeStore } from "@sluice/plugin-sdk/testing";

import { take as takeCost, takeSliding } from "./quota.ts";
import { createWindow } from "./windows.ts";
import type { Window } from "./windows.ts";

const NOON = Date.UTC(2026, 4, 31, 12, 0, 0);

function createStore(): FakeStore {
  return new FakeStore(() => NOON);
}

/** Each worker has windows of its own and shares only the store. */
function createWorker(): readonly Window[] {
  return [createWindow("minute", 10, "entry"), createWindow("hour", 25, "entry")];
}

function take(store: FakeStore, windows: readonly Window[], nowMs = NOON): boolean {
  return takeCost(store, windows, "client", nowMs, 1);
}

function remainingOf(windows: readonly Window[]): number[] {
  return windows.map(({ remaining }) => remaining);
}

test("a request counts once in every window", () => {
  const store = createStore();
  const worker = createWorker();
  assert.equal(take(store, worker), true);
  assert.deepEqual(remainingOf(worker), [9, 24]);
  assert.equal(take(store, worker), true);
  assert.deepEqual(remainingOf(worker), [8, 23]);
});

test("a refused request counts in no window, whichever of them is full", () => {
  const store = createStore();
  const worker = createWorker();
  for (let count = 0; count < 10; count += 1) take(store, worker);
  for (let count = 0; count < 100; count += 1) {
    assert.equal(take(store, worker), false);
    assert.deepEqual(remainingOf(worker), [0, 15]);
  }
  for (let count = 0; count < 10; count += 1) take(store, worker, NOON + 60_000);
  for (let count = 0; count < 5; count += 1) take(store, worker, NOON + 120_000);
  assert.equal(take(store, worker, NOON + 120_000), false);
  assert.deepEqual(remainingOf(worker), [5, 0]);
});

test("workers together let exactly the limit pass", () => {
  const store = createStore();
  const workers = Array.from({ length: 4 }, createWorker);
  const rounds = Array.from({ length: 10 }, () => workers.map((worker) => take(store, worker)));
  assert.equal(rounds.flat().filter((fits) => fits).length, 10);
});

test("no more than the limit pass when workers count between each other's steps", () => {
  const store = createStore();
  const workers = Array.from({ length: 4 }, createWorker);
  let passed = 0;
  let depth = 0;
  let nowMs = NOON;
  function countOne(worker: readonly Window[]): void {
    if (take(store, worker, nowMs)) passed += 1;
  }
  // Before and after each increment, the next worker handles a whole request, three deep.
  function letAnotherWorkerCount(): void {
    if (depth === workers.length - 1) return;
    depth += 1;
    countOne(workers[depth]!);
    depth -= 1;
  }
  const increment = store.increment.bind(store);
  store.increment = (key, delta, ttlMs) => {
    letAnotherWorkerCount();
    const value = increment(key, delta, ttlMs);
    letAnotherWorkerCount();
    return value;
  };

  for (const allowed of [10, 20, 25]) {
    for (let round = 0; round < 5; round += 1) countOne(workers[0]!);
    assert.ok(passed > 0 && passed <= allowed, `${passed} passed, ${allowed} are allowed`);
    nowMs += 60_000;
  }
});

test("a request may cost more than one, and counts whole or not at all", () => {
  const store = createStore();
  const worker = createWorker();
  assert.equal(takeCost(store, worker, "client", NOON, 8), true);
  assert.deepEqual(remainingOf(worker), [2, 17]);
  assert.equal(takeCost(store, worker, "client", NOON, 3), false);
  assert.deepEqual(remainingOf(worker), [2, 17]);
  assert.equal(takeCost(store, worker, "client", NOON, 2), true);
});

test("R6 a sliding window has the part of the one before that it covers: no burst at its edge", () => {
  const store = createStore();
  const windows = [createWindow("minute", 10, "entry")];
  const takes = (count: number, nowMs: number): number => {
    let passed = 0;
    for (let at = 0; at < count; at++) {
      if (takeSliding(store, windows, "client", nowMs, 1)) passed++;
    }
    return passed;
  };
  assert.equal(takes(20, NOON + 59_000), 10);
  assert.equal(takes(20, NOON + 60_000), 0);
  // Three quarters of ten are left.
  assert.equal(takes(20, NOON + 75_000), 2);
  assert.equal(windows[0]?.remaining, 0);
  assert.equal(takes(20, NOON + 180_000), 10);
});

test("a sliding request that is refused counts in no window", () => {
  const store = createStore();
  const worker = createWorker();
  for (let at = 0; at < 30; at++) takeSliding(store, worker, "client", NOON, 1);
  assert.deepEqual(remainingOf(worker), [0, 15]);
});
