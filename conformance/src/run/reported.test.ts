import assert from "node:assert/strict";
import { test } from "node:test";

import type { CaseResult } from "./junit.ts";
import { withUnreported } from "./reported.ts";

const HANDED_OUT = {
  title: "Unit tests on Node",
  cwd: "/x",
  files: ["/x/src/a.test.ts", "/x/src/b.test.ts"],
};

function result(name: string, file: string, kind: CaseResult["kind"] = "passed"): CaseResult {
  return { name, file, kind, message: "" };
}

function failures(results: readonly CaseResult[]): string[] {
  return withUnreported(results, HANDED_OUT)
    .filter(({ kind }) => kind === "failed")
    .map(({ name }) => name);
}

test("keeps the cases of files that reported, by absolute and by relative path", () => {
  const results = [result("works", "/x/src/a.test.ts"), result("works too", "src/b.test.ts")];
  assert.deepEqual(withUnreported(results, HANDED_OUT), results);
});

test("a file that is missing from the report has failed, under its name and the runtime's", () => {
  assert.deepEqual(failures([result("works", "/x/src/a.test.ts")]), [
    "Unit tests on Node: src/b.test.ts",
  ]);
});

test("a file that reported nothing but itself has failed and is no passed test", () => {
  const results = [
    result("works", "/x/src/a.test.ts"),
    result("src/b.test.ts", "/x/src/b.test.ts"),
  ];
  const all = withUnreported(results, HANDED_OUT);
  assert.deepEqual(
    all.map(({ name, kind }) => `${kind} ${name}`),
    ["passed works", "failed Unit tests on Node: src/b.test.ts"],
  );
});

test("a file whose tests were all skipped has reported", () => {
  const results = [
    result("works", "/x/src/a.test.ts"),
    result("later", "/x/src/b.test.ts", "skipped"),
  ];
  assert.deepEqual(failures(results), []);
});

test("a file that failed as a whole is one failure, not two", () => {
  const results = [
    result("works", "/x/src/a.test.ts"),
    result("src/b.test.ts", "/x/src/b.test.ts", "failed"),
  ];
  assert.deepEqual(failures(results), ["src/b.test.ts"]);
});

test("a case without a file, as bun writes failed ones, stands for no file", () => {
  assert.deepEqual(
    failures([result("works", "/x/src/a.test.ts"), result("breaks", "", "failed")]),
    ["breaks", "Unit tests on Node: src/b.test.ts"],
  );
});
