import assert from "node:assert/strict";
import { test } from "node:test";
import { isSelected, parseOptions } from "./options.ts";

test("runs five rounds of five seconds unless told otherwise", () => {
  const parsed = parseOptions([]);
  assert.ok(parsed.kind === "run");
  assert.deepEqual([parsed.options.rounds, parsed.options.seconds], [5, 5]);
});

test("lets --rounds win over --quick", () => {
  const parsed = parseOptions(["--quick", "--rounds", "3"]);
  assert.ok(parsed.kind === "run");
  assert.deepEqual([parsed.options.rounds, parsed.options.seconds], [3, 2]);
});

test("refuses a number that is none and an unknown flag", () => {
  for (const args of [["--rounds", "few"], ["--seconds", "0"], ["--fast"]]) {
    assert.equal(parseOptions(args).kind, "invalid");
  }
});

test("selects by part of an id, or by the whole id after =", () => {
  assert.equal(isSelected("nginx-lua", ["nginx"]), true);
  assert.equal(isSelected("nginx-lua", ["=nginx"]), false);
  assert.equal(isSelected("nginx", ["=nginx"]), true);
  assert.equal(isSelected("anything", []), true);
});
