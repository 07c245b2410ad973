import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LineQueue } from "./line-queue.ts";

function textOf(queue: LineQueue): string[] {
  return queue.take().map(({ bytes, length }) => bytes.toString("utf8", 0, length));
}

describe("LineQueue", () => {
  test("gives lines back in order, as UTF-8, once", () => {
    const queue = new LineQueue();
    queue.push("a\n");
    queue.push("\u00fc\u20ac\u{1f600}\n");
    assert.equal(queue.byteLength, 2 + 2 + 3 + 4 + 1);
    assert.deepEqual(textOf(queue), ["a\n\u00fc\u20ac\u{1f600}\n"]);
    assert.deepEqual([queue.byteLength, queue.take().length], [0, 0]);
  });

  test("cuts no line, however they fall on the blocks", () => {
    const queue = new LineQueue();
    const lines = Array.from({ length: 3000 }, (_, at) => `${at} ${"x".repeat(at % 1009)}\n`);
    lines.push(`${"y".repeat(200_000)}\n`, "end\n");
    for (const line of lines) queue.push(line);
    const blocks = queue.take();
    for (const { bytes, length } of blocks) assert.equal(bytes[length - 1], 10);
    const text = blocks.map(({ bytes, length }) => bytes.toString("utf8", 0, length)).join("");
    assert.equal(text === lines.join(""), true);
    assert.equal(
      blocks.reduce((sum, block) => sum + block.lines, 0),
      lines.length,
    );
  });

  test("fills a block again that was given back, from its start", () => {
    const queue = new LineQueue();
    queue.push("first\n");
    const [block] = queue.take();
    if (block !== undefined) queue.giveBack(block);
    queue.push("second\n");
    const [again] = queue.take();
    assert.equal(again, block);
    assert.deepEqual([again?.length, again?.lines], [7, 1]);
  });
});
