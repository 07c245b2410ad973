import assert from "node:assert/strict";
import { test } from "node:test";
import { furtherConnections } from "./idle.ts";

test("asks for 10,000 idle connections where files allow it", () => {
  assert.equal(furtherConnections(65_536), 10_000);
  assert.equal(furtherConnections(Number.POSITIVE_INFINITY), 10_000);
});

test("asks for as many as leave two files for each connection where they do not", () => {
  assert.equal(furtherConnections(20_000), 8_500);
  assert.equal(furtherConnections(1_024), 0);
});
