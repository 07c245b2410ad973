import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { keyedHash } from "./keyed-hash.ts";

function hashOf(n: number, seed: readonly [number, number]): number {
  return keyedHash(Int32Array.of(n), 1, 8, seed);
}

describe("keyedHash", () => {
  test("is another one with another seed", () => {
    const same = Array.from({ length: 1000 }, (_, n) => n).filter(
      (n) => (hashOf(n, [1, 2]) & 0xff) === (hashOf(n, [1, 3]) & 0xff),
    );
    assert.ok(same.length < 20, `${same.length} of 1000 agree in 8 bits`);
  });

  test("tells sizes apart when the words are the same", () => {
    const words = Int32Array.of(97);
    assert.notEqual(keyedHash(words, 1, 2, [1, 2]), keyedHash(words, 1, 4, [1, 2]));
  });

  test("spreads keys that count up over shards and buckets", () => {
    for (const shift of [0, 24]) {
      const counts = new Uint32Array(16);
      for (let n = 0; n < 16_000; n++) {
        const at = (hashOf(n, [7, 9]) >>> shift) & 15;
        counts[at] = (counts[at] ?? 0) + 1;
      }
      for (const count of counts) assert.ok(count > 850 && count < 1150, String(counts));
    }
  });
});
