import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedData } from "./shared-data.ts";

test("shared data gives back what was set, until it is deleted", () => {
  const data = new SharedData();
  assert.equal(data.get("a"), undefined);
  assert.equal(data.set("a", "1", 2), true);
  assert.equal(data.set("a", "2", 2), true);
  assert.equal(data.get("a"), "2");
  data.delete("a");
  data.delete("never there");
  assert.equal(data.get("a"), undefined);
});

test("shared data has room for 64 KiB, and again for what was replaced or deleted", () => {
  const data = new SharedData();
  assert.equal(data.set("big", "x", 60_000), true);
  assert.equal(data.set("more", "y", 6000), false);
  assert.equal(data.get("more"), undefined);
  assert.equal(data.set("big", "z", 65_000), true);
  assert.equal(data.set("big", "z", 66_000), false);
  assert.equal(data.get("big"), "z");
  data.delete("big");
  assert.equal(data.set("more", "y", 6000), true);
});

test("shared data cannot be filled with keys that have no bytes", () => {
  const data = new SharedData();
  let kept = 0;
  while (data.set(`key ${kept}`, "", 0)) kept++;
  assert.equal(kept, 1024);
});
