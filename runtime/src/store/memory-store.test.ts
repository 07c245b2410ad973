import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MemoryStore } from "./memory-store.ts";

/** A store on a clock that the test moves. */
function storeOf(maxEntries = 10): { store: MemoryStore; clock: { nowMs: number } } {
  const clock = { nowMs: 1000 };
  return {
    store: new MemoryStore({ maxEntries, maxCharacters: 1000, now: () => clock.nowMs }),
    clock,
  };
}

describe("MemoryStore", () => {
  test("gives back what was set, until it is deleted", () => {
    const { store } = storeOf();
    assert.equal(store.get("a"), undefined);
    store.set("a", "1", 0);
    store.set("a", "2", 0);
    assert.equal(store.get("a"), "2");
    store.delete("a");
    assert.equal(store.get("a"), undefined);
  });

  test("forgets a value when its time is over, not earlier", () => {
    const { store, clock } = storeOf();
    store.set("a", "1", 50);
    clock.nowMs += 49;
    assert.equal(store.get("a"), "1");
    clock.nowMs += 1;
    assert.equal(store.get("a"), undefined);
  });

  test("keeps a value without a time to live", () => {
    const { store, clock } = storeOf();
    store.set("a", "1", 0);
    clock.nowMs += 1e12;
    assert.equal(store.get("a"), "1");
  });

  test("starts a value's time anew when it is set again", () => {
    const { store, clock } = storeOf();
    store.set("a", "1", 50);
    clock.nowMs += 40;
    store.set("a", "2", 50);
    clock.nowMs += 40;
    assert.equal(store.get("a"), "2");
  });

  test("holds no more entries than allowed and drops the least recently used", () => {
    const { store } = storeOf(3);
    for (const key of ["a", "b", "c"]) store.set(key, key, 0);
    store.get("a");
    store.increment("d", 1, 0);
    assert.deepEqual(
      ["a", "b", "c", "d"].map((key) => store.get(key)),
      ["a", undefined, "c", "1"],
    );
  });

  test("is not confused by names that meant trouble to objects", () => {
    const { store } = storeOf();
    assert.equal(store.get("__proto__"), undefined);
    assert.equal(store.increment("constructor", 1, 0), 1);
  });
});

describe("MemoryStore's increment", () => {
  test("counts from 0, up and down, with fractions", () => {
    const { store } = storeOf();
    assert.equal(store.increment("n", 2, 0), 2);
    assert.equal(store.increment("n", -3, 0), -1);
    assert.equal(store.increment("n", 0.5, 0), -0.5);
    assert.equal(store.get("n"), "-0.5");
  });

  test("counts on from a number that was set", () => {
    const { store } = storeOf();
    store.set("n", "41", 0);
    assert.equal(store.increment("n", 1, 0), 42);
    assert.equal(store.get("n"), "42");
  });

  test("gives a key its time when it is created and does not prolong it", () => {
    const { store, clock } = storeOf();
    store.increment("n", 1, 100);
    clock.nowMs += 60;
    assert.equal(store.increment("n", 1, 100), 2);
    clock.nowMs += 40;
    assert.equal(store.increment("n", 1, 100), 1);
  });

  test("is NaN for what holds no number, and leaves it", () => {
    const { store } = storeOf();
    store.set("n", "many", 0);
    assert.equal(store.increment("n", 1, 0), Number.NaN);
    assert.equal(store.get("n"), "many");
  });

  test("by NaN creates and changes nothing", () => {
    const { store } = storeOf();
    assert.equal(store.increment("n", Number.NaN, 0), Number.NaN);
    assert.equal(store.get("n"), undefined);
    store.increment("n", 1, 0);
    assert.equal(store.increment("n", Number.NaN, 0), Number.NaN);
    assert.equal(store.get("n"), "1");
  });

  test("counts a key as used", () => {
    const { store } = storeOf(2);
    store.increment("a", 1, 0);
    store.increment("b", 1, 0);
    store.increment("a", 1, 0);
    store.increment("c", 1, 0);
    assert.deepEqual([store.get("a"), store.get("b")], ["2", undefined]);
  });

  test("keeps no more characters than its bound, however few entries they are (R5)", () => {
    const { store } = storeOf(100);
    for (const key of ["a", "b", "c"]) store.set(key, "x".repeat(400), 0);
    assert.equal(store.get("a"), undefined);
    assert.equal(store.get("c")?.length, 400);
  });
});
