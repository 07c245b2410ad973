import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "@sluice/plugin-sdk/abi";
import { MemoryStore } from "../../store/memory-store.ts";
import { TestGuest } from "./host-functions.testing.ts";
import type { TestGuestParts } from "./host-functions.testing.ts";
import { storeFunctions } from "./store-functions.ts";

const sharedStore = (): MemoryStore =>
  new MemoryStore({ maxEntries: 100, maxCharacters: 1e6, now: () => 0 });

/** Store functions of one plugin as functions of texts. */
function plugin(parts: TestGuestParts = {}) {
  const guest = new TestGuest(parts);
  const functions = storeFunctions(guest.options);
  guest.call.begin("access", 0, undefined, Infinity);
  return {
    get: (key: string) => guest.read(functions.store_get(0, ...guest.text(key), ...guest.result)),
    set: (key: string, value: string) =>
      functions.store_set(0, ...guest.text(key), ...guest.text(value), 0),
    delete: (key: string) => functions.store_delete(0, ...guest.text(key)),
    increment: (key: string, delta: number) =>
      functions.store_increment(0, ...guest.text(key), delta, 0),
    swap: (key: string, expected: string | undefined, value: string) => {
      const wanted = expected === undefined ? [0, -1] : guest.text(expected);
      return functions.store_compare_and_set(
        0,
        ...guest.text(key),
        ...wanted,
        ...guest.text(value),
        0,
      );
    },
  };
}

describe("compare and set", () => {
  test("says whether it did", () => {
    const own = plugin();
    assert.equal(own.swap("a", "", "1"), 0);
    assert.equal(own.swap("a", undefined, "1"), 1);
    assert.equal(own.swap("a", undefined, "2"), 0);
    assert.equal(own.swap("a", "1", "2"), 1);
    assert.equal(own.get("a"), "2");
  });

  test("has the same limits as set", () => {
    const guest = new TestGuest();
    const { store_compare_and_set: swap } = storeFunctions(guest.options);
    assert.equal(swap(0, ...guest.text("a"), 0, -1, 0, 65_537, 0), Fault.limit);
    assert.equal(swap(0, ...guest.text("a"), 0, -1, 0, 1, -1), Fault.badValue);
    assert.equal(swap(0, ...guest.text("a"), 0, -1, 0, 1, Number.NaN), Fault.badValue);
  });
});

describe("a plugin's own keys", () => {
  test("are never those of another plugin", () => {
    const services = { store: sharedStore() };
    const one = plugin({ plugin: "one", services });
    const two = plugin({ plugin: "two", services });
    one.set("key", "1");
    assert.equal(two.get("key"), Fault.absent);
    two.delete("key");
    assert.equal(one.get("key"), "1");
  });

  test("may begin with NUL, in the namespace without a name", () => {
    const own = plugin();
    own.set("\0\0\0odd", "1");
    own.set("\0\0plain", "2");
    assert.equal(own.get("\0\0\0odd"), "1");
    assert.equal(own.get("plain"), "2");
  });

  test("may be longer than 256 bytes, and are the same however they are written", () => {
    const own = plugin();
    const long = "ü".repeat(128);
    own.set(long, "256");
    own.set(`${long}x`, "257");
    assert.equal(own.get(`\0\0${long}`), "256");
    assert.equal(own.get(`\0\0${long}x`), "257");
    assert.equal(own.get(`${long}y`), Fault.absent);
  });
});

describe("a namespace", () => {
  test("is shared by those who are granted it", () => {
    const services = { store: sharedStore() };
    const one = plugin({ plugin: "one", services, grants: { store: ["common"] } });
    const two = plugin({ plugin: "two", services, grants: { store: ["other", "common"] } });
    assert.equal(one.increment("\0common\0n", 2), 2);
    assert.equal(two.increment("\0common\0n", 3), 5);
    assert.equal(one.swap("\0common\0n", "5", "6"), 1);
    assert.equal(two.get("\0common\0n"), "6");
    assert.equal(two.get("n"), Fault.absent);
    assert.equal(two.get("\0other\0n"), Fault.absent);
  });

  test("is denied to everybody else, in every function", () => {
    const services = { store: sharedStore() };
    services.store.set("\0common\0n", "1", 0);
    const stranger = plugin({ services, grants: { store: ["commo", "common2"] } });
    const key = "\0common\0n";
    assert.equal(stranger.get(key), Fault.denied);
    assert.equal(stranger.set(key, "2"), Fault.denied);
    assert.equal(stranger.delete(key), Fault.denied);
    assert.equal(stranger.swap(key, "1", "2"), Fault.denied);
    assert.equal(stranger.increment(key, 1), Number.NaN);
    assert.equal(services.store.get(key), "1");
  });

  test("of which only the beginning is there is no key", () => {
    const own = plugin({ grants: { store: ["common"] } });
    assert.equal(own.set("\0common", "1"), Fault.badValue);
    assert.equal(own.get("\0"), Fault.badValue);
  });

  test("is the current entry's: outside of every call there is none", () => {
    const guest = new TestGuest({ grants: { store: ["common"] } });
    const functions = storeFunctions(guest.options);
    assert.equal(
      functions.store_get(0, ...guest.text("\0common\0n"), ...guest.result),
      Fault.denied,
    );
  });
});
