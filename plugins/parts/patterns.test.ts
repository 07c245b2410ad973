import assert from "node:assert/strict";
import { test } from "node:test";

import { compilePattern, dangerOf, matches } from "./patterns.ts";

test("matches anywhere, and in any case behind (?i)", () => {
  assert.equal(matches(compilePattern("b+", "deny[0]"), "abbc"), true);
  assert.equal(matches(compilePattern("B+", "deny[0]"), "abbc"), false);
  assert.equal(matches(compilePattern("(?i)B+", "deny[0]"), "abbc"), true);
});

test("looks at the beginning of a long text only", () => {
  const pattern = compilePattern("x$", "deny[0]");
  assert.equal(matches(pattern, `${"a".repeat(2047)}x${"b".repeat(10)}`), true);
  assert.equal(matches(pattern, `${"a".repeat(3000)}x`), false);
});

test("P11: refuses what could take exponential time", () => {
  for (const source of [
    "(a+)+$",
    "((ab)*c)*",
    "(a|b{2,})*",
    "(\\w+\\s?)+",
    "(a)\\1",
    "(?<x>a)\\k<x>",
  ]) {
    assert.throws(() => compilePattern(source, "deny[0]"), {
      name: "ConfigError",
      message: /deny\[0\]/,
    });
  }
  for (const source of [
    "(ab)+",
    "a+b+",
    "([a-z+*]{2})+",
    "\\(a+\\)+",
    "(a{1,3}){2}",
    "(?:x|y)*z+",
  ]) {
    assert.equal(dangerOf(source), undefined, source);
  }
});

test("says what is wrong with a pattern, and where it stands", () => {
  assert.throws(
    () => compilePattern("(", "allow[2]"),
    /^ConfigError: allow\[2\]: "\(" is not a valid regex$/,
  );
  assert.throws(
    () => compilePattern("a".repeat(1025), "allow[0]"),
    /has 1025 characters, expected at most 1024/,
  );
});
