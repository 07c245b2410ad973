import assert from "node:assert/strict";
import { test } from "node:test";

import { KeptCopies } from "./kept-copies.ts";
import type { Entry } from "./storage.ts";

function textOf(tag: string, lines = ""): string {
  return JSON.stringify({ kind: "entry", status: 200, type: "text/plain", lines, tag, chunks: 1 });
}

/** What the copies make of it, which must be an entry. */
function entryOf(copies: KeptCopies, key: string, text: string): Entry {
  const kept = copies.parsed(key, text);
  assert.ok(kept?.kind === "entry");
  return kept;
}

test("a text is parsed once, and another text under its key takes its place", () => {
  const copies = new KeptCopies();
  const first = entryOf(copies, "a", textOf("1"));
  copies.note("a", first, "body");
  assert.equal(entryOf(copies, "a", textOf("1")), first);
  assert.equal(copies.body("a", first), "body");
  const second = entryOf(copies, "a", textOf("2"));
  assert.equal(second.tag, "2");
  assert.equal(copies.body("a", second), undefined);
  assert.equal(copies.body("a", first), undefined);
  copies.note("a", first, "late");
  assert.equal(copies.body("a", second), undefined);
  copies.note("a", second, "new");
  assert.deepEqual([copies.body("a", second), copies.body("a", first)], ["new", undefined]);
});

test("what is no entry stays none", () => {
  const copies = new KeptCopies();
  for (const text of ["", "null", "1", '{"kind":"entry","headers":[]}', textOf("1").slice(1)]) {
    assert.equal(copies.parsed("a", text), undefined);
    assert.equal(copies.parsed("a", text), undefined);
  }
});

test("R5 however many are asked for, few copies stay, the newest ones, and no long ones", () => {
  const copies = new KeptCopies();
  const entries = Array.from({ length: 2000 }, (_, at) => {
    const entry = entryOf(copies, `${at}`, textOf(`${at}`));
    copies.note(`${at}`, entry, "x".repeat(8000));
    return entry;
  });
  const left = entries.filter((entry, at) => copies.body(`${at}`, entry) !== undefined);
  assert.ok(left.length > 100 && left.length < 140, String(left.length));
  assert.equal(left.at(-1), entries.at(-1));
  const long = entryOf(copies, "long", textOf("long", "x".repeat(9000)));
  assert.notEqual(entryOf(copies, "long", textOf("long", "x".repeat(9000))), long);
  const entry = entryOf(copies, "body", textOf("body"));
  copies.note("body", entry, "x".repeat(9000));
  assert.equal(copies.body("body", entry), undefined);
});
