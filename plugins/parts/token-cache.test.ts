import assert from "node:assert/strict";
import { mock, test } from "node:test";

import "@sluice/plugin-sdk/testing";

import { TokenCache } from "./token-cache.ts";

test("keeps what is known of a token until its time has come", () => {
  mock.timers.enable({ apis: ["Date"], now: 1000 });
  try {
    const cache = new TokenCache<string>(10, "token");
    cache.set("t", "alice", 1500);
    cache.set("late", "bob", 1000);
    assert.equal(cache.get("t")?.value, "alice");
    assert.equal(cache.get("late"), undefined);
    assert.equal(cache.get("T"), undefined);
    mock.timers.setTime(1500);
    assert.equal(cache.get("t"), undefined);
    assert.equal(cache.size, 0);
  } finally {
    mock.timers.reset();
  }
});

test("forgets the oldest when there are too many", () => {
  const cache = new TokenCache<number>(2, "digest");
  for (const [at, token] of ["a", "b", "a", "c"].entries()) cache.set(token, at, Infinity);
  assert.deepEqual(
    ["a", "b", "c"].map((token) => cache.get(token)?.value),
    [2, undefined, 3],
  );
  assert.equal(cache.size, 2);
});

test("keeps no token when keyed by its digest, and no key that another instance would have", () => {
  const keys = [1, 2].map(() => {
    const cache = new TokenCache<number>(2, "digest");
    const set = mock.method(Map.prototype, "set");
    cache.set("secret-token", 1, Infinity);
    const [key] = set.mock.calls.at(-1)?.arguments ?? [];
    set.mock.restore();
    return String(key);
  });
  assert.notEqual(keys[0], keys[1]);
  for (const key of keys) assert.match(key, /^[A-Za-z0-9+/]{43}=$/);
});
