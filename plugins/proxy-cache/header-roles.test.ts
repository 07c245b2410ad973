import assert from "node:assert/strict";
import { test } from "node:test";

import { rolesReader } from "./header-roles.ts";

test("each set of names has its own roles, however often they were read", () => {
  const rolesOf = rolesReader(["X-Own"]);
  for (let turn = 0; turn < 2; turn++) {
    const plain = rolesOf(["host", "accept"]);
    assert.deepEqual([plain.keyed, plain.showsNobody], [["host"], true]);
    assert.deepEqual([plain.isSpecial, plain.hasLength, plain.limitsAge], [false, false, false]);
    const known = rolesOf(["x-own", "x-consumer-id", "host", "authorization"]);
    assert.deepEqual(known.keyed, ["authorization", "host", "x-consumer-id", "x-own"]);
    assert.equal(known.showsNobody, false);
    assert.equal(rolesOf(["host", "x-own"]).showsNobody, false);
    assert.equal(rolesOf(["host", "range"]).isSpecial, true);
    assert.equal(rolesOf(["host", "transfer-encoding"]).isSpecial, true);
    assert.equal(rolesOf(["host", "content-length"]).hasLength, true);
    assert.equal(rolesOf(["host", "pragma"]).limitsAge, true);
    assert.equal(rolesOf(["host", "if-modified-since"]).isConditional, true);
    assert.deepEqual(rolesOf(["host", "x_original_url"]).unkeyed, ["x_original_url"]);
  }
});

test("R5 names that strangers make up are read aright when many were read before", () => {
  const rolesOf = rolesReader([]);
  for (let at = 0; at < 1000; at++) rolesOf([`x-${at}`]);
  assert.deepEqual(rolesOf(["host", "x-7", "authorization"]).keyed, ["authorization", "host"]);
  const many = Array.from({ length: 500 }, (_, at) => `x-${at}`);
  assert.deepEqual(rolesOf([...many, "host"]).keyed, ["host"]);
});
