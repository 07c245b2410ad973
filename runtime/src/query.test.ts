import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changeQuery, queryPairs } from "./query.ts";

function pairs(query: string): string[] {
  return queryPairs(query).map(({ name, value }) => `${name} -> ${value}`);
}

describe("queryPairs", () => {
  test("decodes names and values, in order, duplicates kept", () => {
    assert.deepEqual(pairs("a=1&b=%26+x&a=%C3%A4&c"), ["a -> 1", "b -> & x", "a -> ä", "c -> "]);
    assert.deepEqual(pairs("%61%70ikey=k"), ["apikey -> k"]);
    assert.deepEqual(pairs("a=b=c&=d"), ["a -> b=c", " -> d"]);
  });

  test("leaves what cannot be decoded as it stands", () => {
    assert.deepEqual(pairs("a=%zz&%E9=%&b=%C3"), ["a -> %zz", "%E9 -> %", "b -> %C3"]);
  });

  test("is empty without arguments", () => {
    assert.deepEqual(pairs(""), []);
    assert.deepEqual(pairs("&&"), []);
  });

  test("does not mistake one query for the one before", () => {
    assert.deepEqual(pairs("a=1"), ["a -> 1"]);
    assert.deepEqual(pairs("a=2"), ["a -> 2"]);
    assert.deepEqual(pairs(""), []);
    assert.deepEqual(pairs("a=1"), ["a -> 1"]);
  });

  test("takes names that mean something to objects as names (H28)", () => {
    assert.deepEqual(pairs("__proto__=1&constructor=2"), ["__proto__ -> 1", "constructor -> 2"]);
  });
});

describe("changeQuery", () => {
  const change = (query: string, name: string, value?: string, keepsOthers = false): string =>
    changeQuery(query, { name, value, keepsOthers });

  test("leaves the bytes of what nobody touched", () => {
    assert.equal(change("b=%7e+x&a=1&c=%zz", "a"), "b=%7e+x&c=%zz");
    assert.equal(change("b=%7e", "a"), "b=%7e");
  });

  test("removes every argument of the name, however it is spelt", () => {
    assert.equal(change("apikey=1&x=2&%61pikey=3&api%6bey", "apikey"), "x=2");
    assert.equal(change("apikey=1", "apikey"), "");
  });

  test("replaces all values, or adds one", () => {
    assert.equal(change("a=1&b=2&a=3", "a", "9"), "b=2&a=9");
    assert.equal(change("a=1&b=2", "a", "9", true), "a=1&b=2&a=9");
    assert.equal(change("", "a", "9"), "a=9");
  });

  test("writes nothing that could end an argument or a request line", () => {
    assert.equal(change("", "a&b", "c=d&e#f\r\n ä"), "a%26b=c%3Dd%26e%23f%0D%0A%20%C3%A4");
    assert.equal(change("", "a", "\ud800"), "a=%EF%BF%BD");
  });
});
