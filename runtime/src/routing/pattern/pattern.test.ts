import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../seeded-random.testing.ts";
import { Automaton, MAX_STATES } from "./automaton.ts";
import { parsePattern } from "./parser.ts";
import { compilePathPattern, compileValuePattern, PatternError } from "./pattern.ts";
import { compileProgram } from "./program.ts";

const MATCHES: readonly (readonly [pattern: string, path: string, length: number])[] = [
  ["/users/\\d+", "/users/12/x", 9],
  ["/users/\\d+$", "/users/12/x", -1],
  ["/users/\\d+$", "/users/12", 9],
  ["^/a|/ab", "/ab", 2],
  ["/ab|^/a", "/ab", 3],
  ["/.*?/", "/a/b/c", 3],
  ["/.*/", "/a/b/c", 5],
  ["/(?<year>\\d{4})-(?P<month>\\d{2})", "/2024-11-21", 8],
  ["/a{2,3}", "/aaaa", 4],
  ["/a{2,}?", "/aaaa", 3],
  ["/a{0}b", "/b", 2],
  ["(?i)/ADMIN", "/Admin", 6],
  ["/(?i:A)b", "/ab", 3],
  ["/(?i:A)b", "/aB", -1],
  ["/[^/]+\\.(jpe?g|png)$", "/x.jpeg", 7],
  ["/[]a-c-]+", "/]-b", 4],
  ["/[\\w.%-]+", "/a.%C3", 6],
  ["/x\\x2fy\\/z", "/x/y/z", 6],
  ["\\A/a\\z", "/a", 2],
  ["", "/anything", 0],
  ["/a^", "/a", -1],
  ["/($|x)", "/", 1],
  ["(?:/[^/]+)*$", "/a/b/c", 6],
];

const FAULTS: readonly (readonly [pattern: string, position: number, expected: RegExp])[] = [
  ["/a(b", 2, /missing \) for this \(/],
  ["/a)b", 2, /unmatched \)/],
  ["/[a", 1, /missing \]/],
  ["/[z-a]", 2, /from a lower to a higher/],
  ["/[[:alpha:]]", 2, /nested classes/],
  ["*", 0, /nothing to repeat/],
  ["/a**", 3, /one repetition only/],
  ["/a++", 3, /one repetition only/],
  ["/a{x}", 2, /expected \{n\}/],
  ["/a{3,2}", 2, /n not above m/],
  ["/a{2000}", 2, /at most 1000 repetitions/],
  ["/(?:a{1000}){1000}", 0, /too large/],
  ["/(?=a)", 1, /look-around is not supported/],
  ["/(?<!a)", 1, /look-around is not supported/],
  ["/(a)\\1", 4, /\\1 is not supported/],
  ["/\\bfoo", 1, /\\b is not supported/],
  ["/a\\", 2, /expected a character after/],
  ["/(?x)a", 1, /expected \(\?:/],
  ["/caf\u00e9", 4, /expected ASCII/],
  [`/${"(".repeat(100)}`, 51, /nested groups/],
];

describe("compilePathPattern", () => {
  for (const [pattern, path, length] of MATCHES) {
    test(`~${pattern} matches ${length} characters of ${path}`, () => {
      assert.equal(compilePathPattern(pattern).matchLength(path), length);
    });
  }

  for (const [pattern, position, expected] of FAULTS) {
    test(`refuses ${pattern.slice(0, 20)} and says where and why`, () => {
      assert.throws(
        () => compilePathPattern(pattern),
        (error) =>
          error instanceof PatternError &&
          expected.test(error.message) &&
          error.position === position,
      );
    });
  }

  test("knows the literal start of a pattern", () => {
    const prefixes = ["/users/\\d+", "^/a\\.b(c)[d]e?", "/a|/b", "/(a|b)", "(?i)/a"];
    assert.deepEqual(
      prefixes.map((pattern) => compilePathPattern(pattern).literalPrefix),
      ["/users/", "/a.bcd", "", "/", "/"],
    );
  });

  test("takes linear time for patterns that make a backtracking matcher explode", () => {
    const attack = `/${"a".repeat(20_000)}!`;
    for (const pattern of [
      "/(a+)+$",
      "/(a|a)*$",
      "/(a|aa)+$",
      "/.*.*.*.*.*x",
      "/(a?){200}a{200}$",
    ]) {
      const started = performance.now();
      assert.equal(compilePathPattern(pattern).matchLength(attack), -1);
      assert.ok(performance.now() - started < 2000, pattern);
    }
  });

  test("keeps its memory bounded for a pattern with exponentially many states, and still matches", () => {
    const pattern = new Automaton(compileProgram(parsePattern("/[ab]*a[ab]{12}$")));
    const expected = /^\/[ab]*a[ab]{12}$/;
    const random = seededRandom(7);
    for (let round = 0; round < 300; round += 1) {
      const path = `/${Array.from({ length: 60 }, () => (random() < 0.5 ? "a" : "b")).join("")}`;
      assert.equal(pattern.matchLength(path) === path.length, expected.test(path));
      assert.ok(pattern.stateCount <= MAX_STATES);
    }
  });

  test("repeats of nothing cost nothing", () => {
    assert.equal(compilePathPattern("(((){1000}){1000}){1000}/a").matchLength("/a"), 2);
  });

  test("finds the same match as the runtime's own backtracking matcher", () => {
    const random = seededRandom(20_261_121);
    let matched = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const source = randomPattern(random, 3);
      const pattern = compilePathPattern(source);
      const reference = new RegExp(source, "y");
      for (let text = 0; text < 5; text += 1) {
        const path = randomText(random);
        reference.lastIndex = 0;
        const expected = reference.test(path) ? reference.lastIndex : -1;
        assert.equal(pattern.matchLength(path), expected, `${source} on ${path}`);
        if (expected > 0) matched += 1;
      }
    }
    assert.ok(matched > 5000, `only ${matched} texts matched`);
  });
});

describe("compileValuePattern", () => {
  test("matches anywhere in the value, in any case", () => {
    const matches = compileValuePattern("chrome/\\d+|^curl");
    assert.deepEqual(
      ["Mozilla Chrome/120", "CURL/8", "libcurl", ""].map((value) => matches(value)),
      [true, true, false, false],
    );
  });

  test("anchors at both ends, and matches bytes above ASCII with a dot", () => {
    assert.equal(compileValuePattern("^a.c$")("A\u00e9C"), true);
    assert.equal(compileValuePattern("^a.c$")("xa-c"), false);
    assert.equal(compileValuePattern("^$")(""), true);
  });
});

function pick<Item>(random: () => number, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  assert.ok(item !== undefined);
  return item;
}

// What is repeated always takes a character: on empty repetitions JavaScript differs from Rust and PCRE.
function randomPattern(random: () => number, depth: number): string {
  const terms = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const atom = randomAtom(random, depth);
    return (
      atom + pick(random, ["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"])
    );
  });
  const sequence = terms.join("");
  if (depth === 0 || random() < 0.7) return sequence;
  return `${sequence}|${randomPattern(random, depth - 1)}`;
}

function randomAtom(random: () => number, depth: number): string {
  if (depth > 0 && random() < 0.3)
    return `(?:[ab]${randomPattern(random, depth - 1)})`.replaceAll("|", "|b");
  return pick(random, ["a", "b", "/", ".", "[ab]", "[^a]", "\\w"]);
}

function randomText(random: () => number): string {
  return Array.from({ length: Math.floor(random() * 9) }, () =>
    pick(random, ["a", "b", "/", "c"]),
  ).join("");
}
