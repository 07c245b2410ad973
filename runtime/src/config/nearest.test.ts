import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestOf } from "./nearest.ts";

const KNOWN = ["paths", "hosts", "methods", "headers", "strip_path", "id"];

test("finds the word that was meant", () => {
  const words = ["pathes", "path", "hots", "hsots", "Methods", "strippath", "ids"];
  assert.deepEqual(
    words.map((word) => nearestOf(word, KNOWN)),
    ["paths", "paths", "hosts", "hosts", "methods", "strip_path", "id"],
  );
});

test("suggests nothing when no word is near", () => {
  assert.equal(nearestOf("timeout", KNOWN), undefined);
  assert.equal(nearestOf("x", []), undefined);
});
