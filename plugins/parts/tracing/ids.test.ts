import assert from "node:assert/strict";
import { test } from "node:test";

import { newId, NO_SPAN } from "./ids.ts";

test("ids are 32 and 16 digits of hex, and none comes twice", () => {
  // More than are made at a time.
  const ids = Array.from({ length: 200 }, () => [newId(32), newId(16)]).flat();
  assert.ok(ids.every((id) => /^(?:[0-9a-f]{16}){1,2}$/.test(id)));
  assert.equal(new Set(ids).size, ids.length);
});

test("no id is zeros alone", (context) => {
  const fills = [0x00, 0xab];
  context.mock.method(crypto, "getRandomValues", (bytes: Uint8Array) =>
    bytes.fill(fills.length > 1 ? (fills.shift() ?? 0) : (fills[0] ?? 0)),
  );
  const ids = Array.from({ length: 100 }, () => newId(32));
  assert.ok(ids.includes("ab".repeat(16)));
  assert.ok(ids.every((id) => !id.includes(NO_SPAN)));
  // What is left of the mocked ones is not for other tests, which share the module on Bun.
  context.mock.restoreAll();
  while (newId(16) === "ab".repeat(8));
});
