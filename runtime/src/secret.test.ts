import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isSameSecret, secretHash } from "./secret.ts";

describe("secretHash", () => {
  test("is the same for the same text", () => {
    assert.equal(secretHash("secret"), secretHash(["sec", "ret"].join("")));
  });

  test("tells texts apart, beginnings and single bits as well", () => {
    const texts = ["", "\0", "\0\0", "a", "a\0", "b", "aa", "aaa", "aaaa", "\u0100", "\ud800"];
    for (let count = 0; count < 20_000; count++) texts.push(`key-${count}`);
    const hashes = new Set(texts.map(secretHash));
    // 20,000 of 2^32 meet each other 0.05 times on average.
    assert.ok(hashes.size >= texts.length - 3, `${texts.length - hashes.size} collisions`);
  });

  test("spreads over all bits", () => {
    const ones = Array.from({ length: 32 }, () => 0);
    for (let count = 0; count < 4000; count++) {
      const hash = secretHash(String(count));
      for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] ?? 0) + ((hash >>> bit) & 1);
    }
    for (const count of ones) assert.ok(count > 1700 && count < 2300, `${count} of 4000`);
  });
});

describe("isSameSecret", () => {
  test("compares whole texts", () => {
    assert.ok(isSameSecret("abc", "abc"));
    for (const given of ["", "ab", "abd", "xbc", "abcd", "abc\0"]) {
      assert.equal(isSameSecret(given, "abc"), false, given);
    }
    assert.equal(isSameSecret("\0", ""), false);
  });
});
