import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeStore } from "@sluice/plugin-sdk/testing";

import { takeOne } from "./quota.ts";
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
  return takeOne(store, windows, "client", nowMs);
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
