import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOptions } from "./options.ts";

test("runs five rounds of two seconds of everything unless told otherwise", () => {
  const parsed = parseOptions([]);
  assert.ok(parsed.kind === "run");
  assert.deepEqual([parsed.options.rounds, parsed.options.seconds], [5, 2]);
  assert.equal(parsed.options.selection.wantsCase("latency"), true);
});

test("lets --rounds win over --quick", () => {
  const parsed = parseOptions(["--quick", "--rounds", "3"]);
  assert.ok(parsed.kind === "run");
  assert.deepEqual([parsed.options.rounds, parsed.options.seconds], [3, 1]);
});

test("refuses a number that is none, an unknown flag and an unknown case", () => {
  for (const args of [["--rounds", "few"], ["--seconds", "0"], ["--fast"], ["--only", "put"]]) {
    assert.equal(parseOptions(args).kind, "invalid");
  }
});

test("leaves out the cases and peers that --only does not name", () => {
  const parsed = parseOptions(["--only", "get,=nginx"]);
  assert.ok(parsed.kind === "run");
  const { wantsCase, wantsPeer } = parsed.options.selection;
  assert.deepEqual([wantsCase("get"), wantsCase("idle")], [true, false]);
  assert.deepEqual([wantsPeer("nginx"), wantsPeer("nginx-lua")], [true, false]);
});
