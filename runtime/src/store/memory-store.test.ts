import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "./memory-store.ts";
import { runStoreCases } from "./store.testing.ts";

runStoreCases("MemoryStore", ({ maxEntries, maxBytes, now }) => {
  return new MemoryStore({ maxEntries, maxCharacters: maxBytes, now });
});

test("MemoryStore keeps the last keys of very many, and no more than allowed", () => {
  const store = new MemoryStore({ maxEntries: 100, maxCharacters: 1e6, now: () => 0 });
  for (let key = 0; key < 10_000; key++) store.increment(`key-${key}`, 1, 0);
  const kept = Array.from({ length: 10_000 }, (_, key) => store.get(`key-${key}`));
  assert.equal(kept.filter((value) => value !== undefined).length, 100);
  assert.equal(kept.indexOf("1"), 9900);
});
