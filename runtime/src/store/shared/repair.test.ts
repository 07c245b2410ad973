import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Entry, HEADER_WORDS, Header, createSharedMemory } from "./layout.ts";
import { repair } from "./repair.ts";
import { Shard } from "./shard.ts";
import { SharedStore } from "./shared-store.ts";

const MAX_ENTRIES = 12;

/** A full store of one shard, and the shard. */
function fullStore(): { store: SharedStore; shard: Shard; first: number } {
  const memory = createSharedMemory({ maxEntries: MAX_ENTRIES, maxBytes: 12_800, shards: 1 });
  const store = new SharedStore(memory, { holder: 1, now: () => 0 });
  for (let n = 0; n < MAX_ENTRIES; n++) store.set(`key ${n}`, "v".repeat(n * 40), 0);
  const shard = new Shard(memory, 0);
  const { words } = shard;
  const bucket = words.findIndex((word, at) => at >= HEADER_WORDS && word !== 0);
  return { store, shard, first: bucket };
}

/** Every entry is there, and all memory can still be used. */
function assertWhole(store: SharedStore, shard: Shard, missing = 0): void {
  const lengths = Array.from({ length: MAX_ENTRIES }, (_, n) => store.get(`key ${n}`)?.length);
  assert.equal(lengths.filter((length) => length === undefined).length, missing);
  for (const [n, length] of lengths.entries()) {
    if (length !== undefined) assert.equal(length, n * 40);
  }
  for (let n = 0; n < MAX_ENTRIES; n++) store.delete(`key ${n}`);
  assert.equal(shard.words[Header.entries], 0);
  assert.equal(shard.blocks.available, shard.blocks.total);
  assert.equal(shard.recency.oldest, 0);
}

describe("a shard whose holder died", () => {
  test("keeps everything when nothing was broken", () => {
    const { store, shard } = fullStore();
    repair(shard);
    assertWhole(store, shard);
  });

  test("gets back blocks that were taken for an entry that never came", () => {
    const { store, shard } = fullStore();
    shard.blocks.take(5);
    repair(shard);
    assertWhole(store, shard);
  });

  test("loses just the entry that was being removed", () => {
    const { store, shard, first } = fullStore();
    const entry = shard.words[first] as number;
    shard.words[first] = shard.words[shard.blocks.at(entry) + Entry.nextInBucket] as number;
    repair(shard);
    assertWhole(store, shard, 1);
  });

  test("gets its order back when that was cut", () => {
    const { store, shard, first } = fullStore();
    shard.recency.remove(shard.words[first] as number);
    shard.words[shard.blocks.at(shard.recency.oldest) + Entry.newer] = 0;
    repair(shard);
    assertWhole(store, shard);
  });
});
