import assert from "node:assert/strict";
import { test } from "node:test";
import { fillRandom } from "./random.ts";

test("gives no bytes twice, whatever the amounts", () => {
  const seen = new Set<string>();
  for (const length of [16, 8, 64, 65, 16, 5000]) {
    for (let count = 0; count < 300; count++) {
      const bytes = new Uint8Array(length);
      fillRandom(bytes);
      seen.add(Buffer.from(bytes.subarray(0, 8)).toString("hex"));
    }
  }
  assert.equal(seen.size, 1800);
});

test("fills the whole of the target", () => {
  for (const length of [1, 63, 64, 65]) {
    const ored = new Uint8Array(length);
    for (let count = 0; count < 64; count++) {
      const bytes = new Uint8Array(length);
      fillRandom(bytes);
      for (let at = 0; at < length; at++) ored[at] = (ored[at] ?? 0) | (bytes[at] ?? 0);
    }
    assert.ok(ored.every((byte) => byte !== 0));
  }
});
