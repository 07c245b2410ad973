import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hashOf, PrefixTable } from "./prefix-table.ts";
import { seededRandom } from "./seeded-random.testing.ts";

function find(table: PrefixTable, text: string): number {
  return table.find(text, text.length, hashOf(text));
}

describe("PrefixTable", () => {
  test("finds what a Map finds, over random texts and growth", () => {
    const random = seededRandom(7);
    const table = new PrefixTable();
    const map = new Map<string, number>();
    const randomText = (): string =>
      Array.from(
        { length: 1 + Math.floor(random() * 5) },
        () => "/abc"[Math.floor(random() * 4)],
      ).join("");
    for (let round = 0; round < 5000; round++) {
      const text = randomText();
      assert.equal(find(table, text), map.get(text) ?? -1, text);
      if (map.has(text) || random() < 0.7) continue;
      table.add(text, round);
      map.set(text, round);
    }
    assert.ok(map.size > 300, `only ${map.size} texts`);
    for (const [text, value] of map) assert.equal(find(table, text), value, text);
  });

  test("finds the beginning of a longer text, and no other length of it", () => {
    const table = new PrefixTable();
    table.add("/a/b", 3);
    const path = "/a/bc";
    assert.equal(table.find(path, 4, hashOf("/a/b")), 3);
    assert.equal(table.find(path, 5, hashOf(path)), -1);
    assert.equal(table.find("/a/x", 4, hashOf("/a/b")), -1, "the same hash is not the same text");
    assert.equal(table.find(path, 3, hashOf("/a/b")), -1, "nor is a part of the text");
  });

  test("has a hash that can be extended character by character", () => {
    let hash = PrefixTable.hashStart;
    for (const character of "/a/b") hash = PrefixTable.extendHash(hash, character.charCodeAt(0));
    assert.equal(hash, hashOf("/a/b"));
  });
});
