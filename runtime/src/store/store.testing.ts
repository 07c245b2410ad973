// What every store must do, whatever keeps its data.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Store } from "./store.ts";

export interface StoreBounds {
  readonly maxEntries: number;
  /** Characters in latin-1. */
  readonly maxBytes: number;
  readonly now: () => number;
}

/** Runs the cases against a store that drops the least recently used entry of all. */
export function runStoreCases(name: string, create: (bounds: StoreBounds) => Store): void {
  /** A store on a clock that the test moves. */
  function storeOf(maxEntries = 10): { store: Store; clock: { nowMs: number } } {
    const clock = { nowMs: 1000 };
    return { store: create({ maxEntries, maxBytes: 1280, now: () => clock.nowMs }), clock };
  }

  describe(name, () => {
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

    test("keeps any text: empty, wide, in halves of characters, long", () => {
      const { store } = storeOf();
      const texts = ["", "a", "abcd", "café", "日本語", "\ud800", "\0", "x".repeat(500)];
      for (const text of texts) {
        store.set(`key ${text.slice(0, 9)}`, text, 0);
        assert.equal(store.get(`key ${text.slice(0, 9)}`) === text, true, text.slice(0, 9));
      }
    });

    test("tells keys apart that look alike", () => {
      const { store } = storeOf();
      const keys = ["", "\0", "a", "a\0", "a\0\0\0", "ā", "\u0001\u0101"];
      for (const [at, key] of keys.entries()) store.set(key, String(at), 0);
      assert.deepEqual(
        keys.map((key) => store.get(key)),
        keys.map((_, at) => String(at)),
      );
    });

    test("forgets what was there when the new value is too large to keep", () => {
      const { store } = storeOf();
      store.set("a", "old", 0);
      store.set("b", "other", 0);
      store.set("a", "x".repeat(5000), 0);
      assert.deepEqual([store.get("a"), store.get("b")], [undefined, "other"]);
    });
  });

  describe(`${name}'s compareAndSet`, () => {
    test("sets a key that is not there only when nothing is expected", () => {
      const { store } = storeOf();
      assert.equal(store.compareAndSet("a", "1", "2", 0), false);
      assert.equal(store.get("a"), undefined);
      assert.equal(store.compareAndSet("a", undefined, "1", 0), true);
      assert.equal(store.compareAndSet("a", undefined, "2", 0), false);
      assert.equal(store.get("a"), "1");
    });

    test("replaces what is expected and nothing else, of any length and script", () => {
      const { store } = storeOf();
      const texts = ["", "a", "abcd", "abcde", "café", "日本語", "\ud800", "\0", "x".repeat(300)];
      for (const text of texts) {
        store.set("a", text, 0);
        for (const other of texts) {
          if (other !== text) assert.equal(store.compareAndSet("a", other, "new", 0), false);
        }
        const changed = `${text.slice(0, -1)}\u{1}`;
        assert.equal(store.compareAndSet("a", changed, "new", 0), false);
        assert.equal(store.compareAndSet("a", text, "new", 0), true);
        assert.equal(store.get("a"), "new");
      }
    });

    test("knows a count as the text that get gives", () => {
      const { store } = storeOf();
      store.increment("n", 1.5, 0);
      assert.equal(store.compareAndSet("n", "1", "x", 0), false);
      assert.equal(store.compareAndSet("n", "1.5", "10", 0), true);
      assert.equal(store.increment("n", 1, 0), 11);
    });

    test("takes a key whose time is over for none, and starts the new value's time", () => {
      const { store, clock } = storeOf();
      store.set("a", "old", 50);
      clock.nowMs += 50;
      assert.equal(store.compareAndSet("a", "old", "new", 0), false);
      assert.equal(store.compareAndSet("a", undefined, "new", 100), true);
      clock.nowMs += 99;
      assert.equal(store.compareAndSet("a", "new", "newer", 100), true);
      clock.nowMs += 99;
      assert.equal(store.get("a"), "newer");
      clock.nowMs += 1;
      assert.equal(store.get("a"), undefined);
    });
  });

  describe(`${name}'s increment`, () => {
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
      for (const key of ["a", "b", "c", "d"]) store.set(key, "x".repeat(400), 0);
      assert.equal(store.get("a")?.length, undefined);
      assert.equal(store.get("d")?.length, 400);
    });

    test("counts on from a number that was set, for as long as that lives", () => {
      const { store, clock } = storeOf();
      store.set("n", "5", 100);
      clock.nowMs += 60;
      assert.equal(store.increment("n", 1, 1000), 6);
      clock.nowMs += 40;
      assert.equal(store.get("n"), undefined);
    });
  });
}
