import assert from "node:assert/strict";
import { test } from "node:test";

import { parseJunit } from "./junit.ts";

test("reads what node --test writes", () => {
  const xml = `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
  <testcase name="plain" time="0.1" classname="test" file="/x/a.test.ts"/>
  <testsuite name="suite" time="0.1" tests="2">
    <testcase name="a &lt;b&gt; &quot;c&quot;" time="0.1" classname="test"/>
    <testcase name="breaks" time="0.1" classname="test" failure="not equal">
      <failure type="testCodeFailure" message="1 &gt; 0">[Error: &lt;testcase name="no"/> {}]</failure>
    </testcase>
    <testcase name="later" time="0.1" classname="test">
      <skipped type="skipped" message="no curl"/>
    </testcase>
  </testsuite>
  <!-- tests 4 -->
</testsuites>`;
  assert.deepEqual(parseJunit(xml), [
    { name: "plain", file: "/x/a.test.ts", kind: "passed", message: "" },
    { name: 'suite > a <b> "c"', file: "", kind: "passed", message: "" },
    { name: "suite > breaks", file: "", kind: "failed", message: "1 > 0" },
    { name: "suite > later", file: "", kind: "skipped", message: "no curl" },
  ]);
});

test("reads what bun test writes", () => {
  const xml = `<testsuites name="bun test" tests="2">
  <testsuite name="src/a.test.ts" file="src/a.test.ts" tests="2">
    <testsuite name="outer" line="3">
      <testcase name="works" classname="outer" file="src/a.test.ts" assertions="0" />
      <testcase name="does not" classname="outer"><failure type="AssertionError" /></testcase>
    </testsuite>
  </testsuite>
</testsuites>`;
  assert.deepEqual(parseJunit(xml), [
    { name: "outer > works", file: "src/a.test.ts", kind: "passed", message: "" },
    { name: "outer > does not", file: "", kind: "failed", message: "AssertionError" },
  ]);
});

test("a suite that began and did not report its end has failed", () => {
  const xml = `<testsuites>
  <undefined name="suite">
    <testcase name="works" time="0.1" classname="test" file="/x/a.test.ts"/>
  </undefined>
</testsuites>`;
  assert.deepEqual(
    parseJunit(xml).map(({ name, kind }) => `${kind} ${name}`),
    ["failed suite", "passed works"],
  );
});

test("refuses a report that a crash cut short", () => {
  assert.throws(() => parseJunit(`<testsuites><testcase name="a"/>`), /no end/);
});
