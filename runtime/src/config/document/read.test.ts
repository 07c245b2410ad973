// Hostile and broken YAML: refused quickly, at a line and column, and without a crash (threats G1, G3, G4, G5).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { faultsOf } from "../config.testing.ts";

const HEADER = '_format_version: "3.0"\n';

const REFUSED: readonly (readonly [what: string, text: string, fault: RegExp])[] = [
  ["an empty file", "", /^1:1: expected a mapping .*got nothing/],
  ["a scalar", "hello", /^1:1: expected a mapping .*got "hello"/],
  ["two documents", `${HEADER}---\na: 1\n`, /^2:1: expected one YAML document only/],
  ["tabs as indentation", `${HEADER}services:\n\t- a\n`, /^3:1: expected spaces/],
  ["an open quote", `${HEADER}_comment: 'x`, /^2:13: not valid YAML: missing closing 'quote/],
  ["an open list", `${HEADER}_ignore: [a`, /^2:12: not valid YAML: flow sequence/],
  [
    "a duplicate key",
    `${HEADER}_comment: a\n_comment: b`,
    /^3:1: _comment: this key was given before/,
  ],
  ["an unknown tag", `${HEADER}_comment: !foo x`, /^2:11: not valid YAML: unresolved tag: !foo/],
  [
    "a tag for another type",
    `${HEADER}_comment: !!binary aGk=`,
    /^2:20: _comment: the tag .* is not supported/,
  ],
  ["a directive", `%YAML 1.1\n---\n${HEADER}`, /^1:1: directives are not supported/],
  [
    "a merge key",
    `${HEADER}plugins: [{<<: {name: key-auth}, name: key-auth}]`,
    /^2:12: .*merge keys/,
  ],
  [
    "a __proto__ key",
    `${HEADER}plugins: [{name: key-auth, config: {__proto__: 1}}]`,
    /"__proto__" is not allowed/,
  ],
  [
    "a number as key",
    `${HEADER}plugins: [{name: key-auth, config: {1: 1}}]`,
    /expected a text as key/,
  ],
  ["a list as key", `${HEADER}? [a]\n: b`, /^2:3: expected a text as key/],
  ["an integer beyond 2^53", `${HEADER}_ignore: [9007199254740993]`, /^2:11: .*hold exactly/],
  ["infinity", `${HEADER}_ignore: [.inf]`, /^2:11: .*hold exactly/],
  ["an alias without an anchor", `${HEADER}_comment: *a`, /^2:11: _comment: there is no anchor &a/],
  ["an alias inside its own anchor", `${HEADER}_ignore: &a [*a]`, /^2:14: .*there is no anchor &a/],
];

describe("parseConfig refuses", () => {
  for (const [what, text, fault] of REFUSED) {
    test(what, () => assert.match(faultsOf(text)[0] ?? "valid", fault));
  }

  const deep: readonly (readonly [what: string, text: string])[] = [
    ["open lists", "[".repeat(50_000)],
    ["lists", "[".repeat(50_000) + "]".repeat(50_000)],
    ["mappings", '{"a":'.repeat(50_000) + "1" + "}".repeat(50_000)],
    ["block lists", `${"- ".repeat(50_000)}x`],
    [
      "block mappings",
      Array.from({ length: 1000 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join(""),
    ],
  ];
  for (const [what, text] of deep) {
    test(`deeply nested ${what} (G4)`, () => {
      const faults = faultsOf(text);
      assert.equal(faults.length, 1);
      assert.match(faults[0] ?? "", /expected at most 100 nested lists and mappings/);
    });
  }

  test("aliases that expand without end (G3)", () => {
    const levels = Array.from({ length: 8 }, (_, level) => {
      const aliases = Array.from({ length: 10 }, () => `*a${level}`).join(",");
      return `&a${level + 1} [${aliases}]`;
    });
    const faults = faultsOf(`${HEADER}_ignore: [&a0 [x], ${levels.join(", ")}]`);
    assert.ok(faults.some((fault) => fault.includes("aliases expand to more than 100000 values")));
  });

  test("a hundred thousand aliases of a small list (G3)", () => {
    const aliases = Array.from({ length: 100_000 }, () => "*a").join(",");
    const faults = faultsOf(`${HEADER}_ignore: [&a [1,2,3], ${aliases}]`);
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? "", /expected at most 10000 aliases/);
  });

  test("aliases that nest deeper than the text", () => {
    const links = Array.from({ length: 60 }, (_, link) => `&a${link + 1} [[[*a${link}]]]`);
    const faults = faultsOf(`${HEADER}_ignore: [&a0 [x], ${links.join(", ")}]`);
    assert.ok(faults.some((fault) => fault.includes("aliases expand to more than 100 levels")));
  });

  test("more than 64 MiB", () => {
    const faults = faultsOf(`${HEADER}_comment: ${"x".repeat(64 * 1024 * 1024)}`);
    assert.deepEqual(faults, ["1:1: expected at most 67108864 bytes"]);
  });

  for (const broken of [
    '- {keyauth_credentials: [{key: "hunter2" hunter2}]}',
    "- {keyauth_credentials: [{key: hunter2}]]}\n]hunter2",
    "- username: |hunter2\n    x",
    "- username: >9x hunter2",
    "@hunter2",
  ]) {
    test(`broken syntax near a secret without showing it: ${broken.slice(0, 20)}`, () => {
      const faults = faultsOf(`${HEADER}consumers:\n${broken}\n`);
      assert.ok(faults.length > 0);
      assert.doesNotMatch(faults.join("\n"), /hunter2/);
    });
  }

  test("a mapping with very many keys in time that is not quadratic", () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join("\n");
    assert.equal(faultsOf(HEADER + keys).length, 20_000);
  });
});
