import assert from "node:assert/strict";
import { test } from "node:test";

import { MemoryStore } from "./memory-store.ts";
import { LARGE_CHARACTERS, SplitStore } from "./split-store.ts";

const LARGE = "x".repeat(LARGE_CHARACTERS);

function splitStore(): SplitStore {
  const store = (): MemoryStore =>
    new MemoryStore({ maxEntries: 10, maxCharacters: 5000, now: () => 0 });
  return new SplitStore(store(), store());
}

test("R5 any number of large values pushes out no counter", () => {
  const store = splitStore();
  store.increment("counter", 1, 0);
  for (let at = 0; at < 100; at++) store.set(`body ${at}`, LARGE, 0);
  assert.equal(store.increment("counter", 1, 0), 2);
  assert.equal(store.get("body 0"), undefined);
  assert.equal(store.get("body 99"), LARGE);
});

test("a key has one value, whichever size it has had", () => {
  const store = splitStore();
  for (const value of ["1", LARGE, "2"]) {
    store.set("a", value, 0);
    assert.equal(store.get("a"), value);
  }
  store.set("a", LARGE, 0);
  store.delete("a");
  assert.equal(store.get("a"), undefined);
});

test("compares and sets across sizes", () => {
  const store = splitStore();
  assert.equal(store.compareAndSet("a", undefined, LARGE, 0), true);
  assert.equal(store.compareAndSet("a", undefined, "1", 0), false);
  assert.equal(store.compareAndSet("a", "1", "2", 0), false);
  assert.equal(store.compareAndSet("a", LARGE, "2", 0), true);
  assert.equal(store.compareAndSet("a", "2", "3", 0), true);
  assert.equal(store.get("a"), "3");
});
