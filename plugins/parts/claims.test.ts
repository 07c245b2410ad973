import assert from "node:assert/strict";
import { test } from "node:test";

import { claimAt, nameOf, readUnverified, satisfies, valuesOf } from "./claims.ts";

const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

test("reads what a token says of itself", () => {
  const token = `${encode({ alg: "x" })}.${encode({ iss: "ü", n: [1] })}.sig`;
  assert.deepEqual(readUnverified(token), { header: { alg: "x" }, claims: { iss: "ü", n: [1] } });
});

test("reads nothing that is no JWT", () => {
  const part = encode({});
  for (const token of [
    "",
    part,
    `${part}.${part}`,
    `${part}.${part}.s.t`,
    `${part}.${encode("[]")}.s`,
    `${part}.${encode("null")}.s`,
    `${part}.!!!.s`,
    `${encode("{")}.${part}.s`,
    `${encode({ long: "x".repeat(16_384) })}.${part}.s`,
  ]) {
    assert.equal(readUnverified(token), undefined, token.slice(0, 40));
  }
});

test("finds a claim by its path, and only what the token itself has", () => {
  const claims = { a: { b: { c: [1] } }, "a.b": 2 };
  assert.deepEqual(claimAt(claims, ["a", "b", "c"]), [1]);
  assert.equal(claimAt(claims, ["a.b"]), 2);
  assert.equal(claimAt(claims, ["a", "b", "c", "length"]), undefined);
  assert.equal(claimAt(claims, ["toString"]), undefined);
  assert.equal(claimAt(claims, ["a", "__proto__"]), undefined);
  assert.equal(claimAt(claims, []), undefined);
});

test("takes texts and numbers for names", () => {
  assert.deepEqual([nameOf("a"), nameOf(7), nameOf(0)], ["a", "7", "0"]);
  for (const claim of ["", null, true, ["a"], {}, undefined, Number.NaN]) {
    assert.equal(nameOf(claim), undefined);
  }
});

test("asks for all words of one of the texts", () => {
  assert.deepEqual(valuesOf(" a  b "), ["a", "b"]);
  assert.deepEqual(valuesOf(["a b", 1, "c"]), ["a b", "c"]);
  assert.deepEqual(valuesOf(7), []);
  const required = ["read write", "admin"];
  assert.equal(satisfies(required, ["write", "read", "x"]), true);
  assert.equal(satisfies(required, ["admin"]), true);
  assert.equal(satisfies(required, ["read"]), false);
  assert.equal(satisfies(required, []), false);
  assert.equal(satisfies([], []), true);
});
