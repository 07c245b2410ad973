import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldName } from "../http1/field-name.ts";
import { Fields } from "../http1/fields.ts";
import { AnswerCache } from "./answer-cache.ts";
import type { StoredAnswer } from "./answer-cache.ts";
import { AnswerCaches } from "./caches.ts";

const CONFIG = { maxEntries: 3, maxBytes: 8 * 1000, storageTtlMs: 1000 };

function answer(parts: Partial<StoredAnswer> = {}): StoredAnswer {
  return {
    fields: [[fieldName("Content-Type"), "text/plain"]],
    body: Buffer.from("body"),
    varying: [],
    bornAtMs: 0,
    usableUntilMs: 1000,
    ...parts,
  };
}

describe("the cache of last good answers", () => {
  const keys = (cache: AnswerCache, ...names: readonly string[]): string =>
    names.filter((name) => cache.get(name, new Fields(), 0) !== undefined).join("");

  test("has so many entries at most, and forgets those that were stored first", () => {
    const cache = new AnswerCache(CONFIG);
    for (const key of ["a", "b", "c", "a", "d"]) cache.put(key, answer());
    assert.equal(keys(cache, "a", "b", "c", "d"), "acd");
    assert.equal(cache.entries, 3);
  });

  test("has so many bytes at most, and no entry of more than an eighth of them", () => {
    const cache = new AnswerCache({ ...CONFIG, maxEntries: 100 });
    for (let n = 0; n < 100; n++) cache.put(`k${n}`, answer({ body: Buffer.alloc(500) }));
    assert.ok(cache.bytes <= CONFIG.maxBytes);
    assert.ok(cache.entries >= 8 && cache.entries <= 16, `${cache.entries} entries`);
    assert.equal(keys(cache, "k0", "k99"), "k99");
    const { entries } = cache;
    cache.put("big", answer({ body: Buffer.alloc(1001) }));
    cache.put("head", answer({ fields: [[fieldName("X-Long"), "x".repeat(1001)]] }));
    assert.equal(cache.entries, entries);
  });

  test("makes room for bodies on their way, and takes no more of them than it holds", () => {
    const cache = new AnswerCache(CONFIG);
    cache.put("a", answer({ body: Buffer.alloc(500) }));
    for (let n = 0; n < 8; n++) assert.equal(cache.gather(1000, 0), true);
    assert.equal(cache.entries, 0);
    assert.equal(cache.gather(1, 0), false);
    assert.equal(cache.bytes, 8000);
    cache.giveBack(8000);
    assert.equal(cache.gather(600, 600), false, "more than an entry may have");
    assert.equal(cache.bytes, 0);
  });

  test("gives an answer no longer than it may, and only to a request that it was for", () => {
    const cache = new AnswerCache(CONFIG);
    cache.put("a", answer({ varying: [["accept", "x"]] }));
    const request = new Fields();
    assert.equal(cache.get("a", request, 0), undefined);
    request.add("Accept", "x");
    assert.notEqual(cache.get("a", request, 999), undefined);
    assert.equal(cache.get("a", request, 1000), undefined);
    assert.deepEqual([cache.entries, cache.bytes], [0, 0]);
  });
});

test("caches outlive reloads that say the same of the route and its service, and no others", () => {
  const caches = new AnswerCaches();
  const cache = caches.of("r", CONFIG, { host: "a" });
  assert.equal(caches.of("r", { ...CONFIG }, { host: "a" }), cache);
  assert.notEqual(caches.of("s", CONFIG, { host: "a" }), cache);
  const other = caches.of("r", CONFIG, { host: "b" });
  assert.notEqual(other, cache, "another server's answers");
  assert.notEqual(caches.of("r", { ...CONFIG, maxEntries: 4 }, { host: "b" }), other);
  caches.keep(new Set(["s"]));
  const before = caches.of("r", CONFIG, { host: "a" });
  caches.keep(new Set(["r"]));
  assert.equal(caches.of("r", CONFIG, { host: "a" }), before);
});
