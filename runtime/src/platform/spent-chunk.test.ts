import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { freeIfWritten, noteWritten } from "./spent-chunk.ts";

function chunkOf(size: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(size));
}

describe("a chunk", () => {
  test("is freed when all of it was written, once", () => {
    const chunk = chunkOf(65_536);
    noteWritten(chunk);
    freeIfWritten(chunk);
    assert.deepEqual([chunk.length, chunk.buffer.byteLength], [0, 0]);
    freeIfWritten(chunk);
  });

  test("is freed when what followed a head in it was written", () => {
    const chunk = chunkOf(65_536);
    noteWritten(chunk.subarray(300));
    freeIfWritten(chunk);
    assert.equal(chunk.buffer.byteLength, 0);
  });

  test("stays when something else, or only a part of it, was written last", () => {
    const chunk = chunkOf(65_536);
    freeIfWritten(chunk);
    noteWritten(chunk.subarray(300, 65_535));
    freeIfWritten(chunk);
    freeIfWritten(chunk);
    noteWritten(chunk);
    noteWritten(chunkOf(65_536));
    freeIfWritten(chunk);
    assert.equal(chunk.length, 65_536);
  });

  test("stays when it shares its memory, or is small", () => {
    const shared = chunkOf(100_000).subarray(0, 50_000);
    const small = chunkOf(100);
    for (const chunk of [shared, small]) {
      noteWritten(chunk);
      freeIfWritten(chunk);
    }
    assert.deepEqual([shared.length, small.length], [50_000, 100]);
  });
});
