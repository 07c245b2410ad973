import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runStoreCases } from "../store.testing.ts";
import { createSharedMemory } from "./layout.ts";
import { SharedStore } from "./shared-store.ts";

runStoreCases("SharedStore", ({ maxEntries, maxBytes, now }) => {
  const memory = createSharedMemory({ maxEntries, maxBytes, shards: 1 });
  return new SharedStore(memory, { holder: 1, now });
});

describe("SharedStore", () => {
  test("shows one thread's data to another with the same memory", () => {
    const memory = createSharedMemory({ maxEntries: 1000, maxBytes: 100_000 });
    const [one, other] = [1, 2].map((holder) => new SharedStore(memory, { holder, now: () => 0 }));
    for (let n = 0; n < 100; n++) one?.increment(`key ${n}`, n, 0);
    for (let n = 0; n < 100; n++) assert.equal(other?.increment(`key ${n}`, 1, 0), n + 1);
  });

  test("drops what has expired before what is still good", () => {
    const clock = { nowMs: 0 };
    const memory = createSharedMemory({ maxEntries: 3, maxBytes: 10_000, shards: 1 });
    const store = new SharedStore(memory, { holder: 1, now: () => clock.nowMs });
    store.set("oldest", "1", 0);
    store.set("short", "2", 10);
    store.set("newest", "3", 0);
    clock.nowMs = 10;
    store.set("one more", "4", 0);
    assert.deepEqual(
      ["oldest", "short", "newest", "one more"].map((key) => store.get(key)),
      ["1", undefined, "3", "4"],
    );
  });

  test("uses its memory again and again", () => {
    const memory = createSharedMemory({ maxEntries: 50, maxBytes: 10_000, shards: 2 });
    const store = new SharedStore(memory, { holder: 1, now: () => 0 });
    for (let n = 0; n < 5000; n++) {
      store.set(`key ${n % 97}`, "v".repeat((n * 7) % 900), 0);
      if (n % 3 === 0) store.delete(`key ${(n * 5) % 97}`);
      if (n % 97 !== 96) continue;
      store.set("still", "works", 0);
      assert.equal(store.get("still"), "works");
    }
  });
});
