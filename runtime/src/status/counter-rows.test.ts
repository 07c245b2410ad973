import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRows, ROW_LENGTH } from "./counter-rows.ts";

test("rows are zeros that no other row shares, over many blocks", () => {
  const rows = new CounterRows();
  const taken = Array.from({ length: 2000 }, () => rows.next());
  for (const [at, { block, start }] of taken.entries()) {
    const row = block.subarray(start, start + ROW_LENGTH);
    assert.equal(row.length, ROW_LENGTH);
    assert.ok(row.every((number) => number === 0));
    row.fill(at + 1);
  }
  for (const [at, { block, start }] of taken.entries()) {
    assert.equal(block[start], at + 1);
    assert.equal(block[start + ROW_LENGTH - 1], at + 1);
  }
});
