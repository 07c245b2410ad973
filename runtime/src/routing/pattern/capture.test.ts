import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compilePathPattern } from "./pattern.ts";

const CASES: readonly [
  pattern: string,
  path: string,
  name: string,
  captured: string | undefined,
][] = [
  ["/users/(?<id>\\d+)", "/users/42/x", "id", "42"],
  ["/(?P<a>[^/]+)/(?<b>.*)", "/x/y/z", "a", "x"],
  ["/(?P<a>[^/]+)/(?<b>.*)", "/x/y/z", "b", "y/z"],
  ["/(?<a>.*)/(?<b>.*)", "/1/2/3", "a", "1/2"],
  ["/(?<a>.*?)/(?<b>.*)", "/1/2/3", "a", "1"],
  ["/(?:(?<n>\\d)-)+", "/1-2-3-", "n", "3"],
  ["/(?:(?<n>\\d+)|x)", "/x", "n", undefined],
  ["/(?<n>a)?b", "/b", "n", undefined],
  ["/(?<n>)x", "/x", "n", ""],
  ["/(?<n>a+)$", "/aaa", "n", "aaa"],
  ["/(?<n>a+)$", "/aaab", "n", undefined],
  ["/(?<n>a)", "/a", "other", undefined],
];

describe("capture", () => {
  for (const [pattern, path, name, captured] of CASES) {
    test(`${pattern} takes ${captured ?? "nothing"} of ${path} as ${name}, as RegExp does`, () => {
      assert.equal(compilePathPattern(pattern).capture(path, name), captured);
      const reference = new RegExp(`^(?:${pattern.replaceAll("(?P<", "(?<")})`).exec(path);
      assert.equal(reference?.groups?.[name], captured);
    });
  }

  test("takes time linear in the text where a backtracking matcher would never end", () => {
    const pattern = compilePathPattern("/(?<n>(?:a|a)*)*b");
    assert.equal(pattern.capture(`/${"a".repeat(2000)}`, "n"), undefined);
  });
});

test("gives what all groups matched, by number and by name", () => {
  for (const [text, path, found] of [
    ["/a/(?<id>\\d+)/(.*)", "/a/42/x/y", { 1: "42", id: "42", 2: "x/y" }],
    ["/((a)|(b))(?:c)(d?)", "/bc", { 1: "b", 3: "b", 4: "" }],
    ["/a", "/a", {}],
  ] as const) {
    assert.deepEqual(compilePathPattern(text).captures(path), found);
    const [, ...groups] = new RegExp(`^(?:${text})`).exec(path) ?? [];
    for (const [index, value] of groups.entries()) {
      assert.equal(compilePathPattern(text).captures(path)[index + 1], value);
    }
  }
});
