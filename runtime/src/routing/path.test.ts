import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalPath } from "./path.ts";
import { seededRandom } from "./seeded-random.testing.ts";

const CANONICAL: readonly (readonly [rule: string, raw: string, canonical: string])[] = [
  ["leaves an ordinary path alone", "/api/v1/users/12", "/api/v1/users/12"],
  ["leaves the root alone", "/", "/"],
  ["keeps a trailing slash", "/api/", "/api/"],
  ["leaves sub-delimiters alone", "/a!$&'()*+,;=:@b", "/a!$&'()*+,;=:@b"],
  [
    "leaves file names with dots alone",
    "/.well-known/a..b/c.tar.gz/...",
    "/.well-known/a..b/c.tar.gz/...",
  ],
  ["keeps matrix parameters", "/admin;a=1/x", "/admin;a=1/x"],
  ["merges leading slashes (P1)", "//admin/x", "/admin/x"],
  ["merges slashes inside and at the end (P1)", "/a///b//", "/a/b/"],
  ["merges slashes around a dot segment (P1)", "/.//admin/x", "/admin/x"],
  ["merges slashes before it resolves dot segments", "/a//../b", "/b"],
  ["resolves dot segments (P2)", "/a/../admin", "/admin"],
  ["resolves single dots", "/a/./b/.", "/a/b/"],
  ["resolves a final double dot to the folder", "/a/b/..", "/a/"],
  ["stays at the root", "/../../etc/passwd", "/etc/passwd"],
  ["resolves escaped dot segments (P2)", "/a/%2e%2e/admin", "/admin"],
  ["resolves half escaped dot segments (P2)", "/a/.%2E/admin", "/admin"],
  ["decodes unreserved characters (P4)", "/%61dmin%7e%2D%5f%2E1", "/admin~-_.1"],
  ["does not decode twice (P5)", "/%2561dmin", "/%2561dmin"],
  ["does not let decoded digits make a new escape", "/%25%32%65%25%32%65/x", "/%252e%252e/x"],
  ["writes escapes in upper case", "/caf%c3%a9", "/caf%C3%A9"],
  ["keeps escaped reserved characters", "/a%3ab%3Fc%23", "/a%3Ab%3Fc%23"],
  ["keeps an escaped slash an escape (P3)", "/admin%2fx", "/admin%2Fx"],
  ["keeps an escaped backslash an escape (P3)", "/a%5cb", "/a%5Cb"],
  ["takes an escaped slash for a part of its segment", "/a/b%2fc/../d", "/a/d"],
  ["merges no escaped slashes", "/a%2f%2Fb//%2f", "/a%2F%2Fb/%2F"],
  ["escapes what RFC 3986 does not allow", '/a[0]|{"}<^`>', "/a%5B0%5D%7C%7B%22%7D%3C%5E%60%3E"],
];

const REFUSED: readonly (readonly [rule: string, raw: string])[] = [
  ["an empty path", ""],
  ["a path without a slash", "admin"],
  ["the asterisk", "*"],
  ["an escaped slash that climbs (P3)", "/a%2F..%2fadmin"],
  ["an escaped slash after escaped dots (P3)", "/a/%2e%2e%2fadmin"],
  ["dots after an escaped slash (P3)", "/a%2f../admin"],
  ["dots between an escaped slash and the end (P3)", "/a%2f%2e%2E"],
  ["a single dot between escaped slashes (P3)", "/a%2f.%2fb"],
  ["an escaped backslash after dots (P3)", "/a/..%5cadmin"],
  ["dots after an escaped backslash (P3)", "/a%5C..%5cadmin"],
  ["dots with a parameter after an escaped slash (P6)", "/a%2f..;x/admin"],
  ["dots behind an escaped slash that a later segment takes back", "/a%2f../../b"],
  ["a double dot with a parameter (P6)", "/a/..;/admin/x"],
  ["a double dot with a named parameter (P6)", "/a/..;x=1/admin"],
  ["a double dot with an escaped semicolon (P6)", "/a/..%3b/admin"],
  ["an escaped double dot with a parameter (P6)", "/a/%2e%2e;/admin"],
  ["a single dot with a parameter (P6)", "/.;/admin"],
  ["a backslash (P7)", "/\\admin"],
  ["an escaped NUL (P9)", "/a%00b"],
  ["escaped CR and LF (P9)", "/a%0d%0ab"],
  ["an escaped DEL", "/a%7f"],
  ["a lone percent sign (P9)", "/a%"],
  ["a short escape (P9)", "/a%2"],
  ["an escape without hex digits (P9)", "/a%zz"],
  ["an overlong slash (P9)", "/a%c0%af..%c0%afadmin"],
  ["an overlong full stop (P9)", "/a/%c0%ae%c0%ae/admin"],
  ["an overlong slash in three bytes (P9)", "/a%e0%80%af"],
  ["raw bytes from 0x80 on (P9)", "/caf\u00e9"],
  ["a raw NUL", "/a\u0000"],
  ["a raw tab", "/a\tb"],
  ["a space", "/a b"],
  ["a final line feed", "/a\n"],
  ["a fragment (H29)", "/a#b"],
  ["a query mark", "/a?b"],
];

describe("canonicalPath", () => {
  for (const [rule, raw, canonical] of CANONICAL) {
    test(rule, () => assert.equal(canonicalPath(raw), canonical));
  }
  for (const [what, raw] of REFUSED) {
    test(`refuses ${what}`, () => assert.equal(canonicalPath(raw), undefined));
  }

  test("is idempotent and yields no form that a server could read otherwise", () => {
    const pieces =
      "/ / // . .. ; : % %2 %2e %2E %2f %25 %61 %2f %5C %3b %00 %7b %C3%A9 %c0 %af 2 e a Z ~ - _ | [ \u00e9 \\ #".split(
        " ",
      );
    const random = seededRandom(20_261_121);
    let accepted = 0;
    for (let round = 0; round < 50_000; round += 1) {
      const length = 1 + Math.floor(random() * 12);
      const raw = `/${Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join("")}`;
      const path = canonicalPath(raw);
      if (path === undefined) continue;
      accepted += 1;
      assert.equal(canonicalPath(path), path, `not idempotent: ${raw}`);
      assert.match(path, /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-F]{2})*)+$/, raw);
      assert.doesNotMatch(path, /\/\/|%00|(?:\/|%2F|%5C)\.\.?(?:\/|;|%3B|%2F|%5C|$)/, raw);
    }
    assert.ok(accepted > 10_000, `only ${accepted} paths were accepted`);
  });
});
