import assert from "node:assert/strict";
import { test } from "node:test";
import { systemResolver } from "./system-resolver.ts";

test("localhost is loopback", async () => {
  const addresses = await systemResolver()("localhost");
  assert.ok(addresses.length > 0);
  for (const address of addresses) assert.match(address, /^(127\.|::1$)/);
});

test("those that ask at the same time share one look-up, and the next one has its own", async () => {
  const resolve = systemResolver();
  const first = resolve("localhost");
  assert.equal(resolve("localhost"), first);
  await first;
  assert.notEqual(resolve("localhost"), first);
});

test("a name that is none is rejected, each time anew", async () => {
  const resolve = systemResolver();
  // Longer than a label of a name can be: nobody is asked for it.
  const noName = "a".repeat(300);
  await assert.rejects(resolve(noName));
  await assert.rejects(resolve(noName));
});
