import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EncodedCharacters } from "../config/model.ts";
import { canonicalPath, isPlainPath } from "./path.ts";
import {
  DEFAULT_ENCODED_CHARACTERS,
  DEFAULT_REFUSED_ESCAPES,
  leadsElsewhere,
  refusedEscapes,
} from "./path-policy.ts";
import { compileRouter } from "./router.ts";
import { requestOf, routeOf } from "./routing.testing.ts";
import { seededRandom } from "./seeded-random.testing.ts";

const SWITCHES: Readonly<Record<keyof EncodedCharacters, string>> = {
  allowEncodedSlash: "/a%2Fb",
  allowEncodedBackSlash: "/a%5Cb",
  allowEncodedSemicolon: "/a%3Bb",
  allowEncodedPercent: "/a%252Fb",
  allowEncodedQuestionMark: "/a%3Fb",
  allowEncodedHash: "/a%23b",
};

const NOTHING: EncodedCharacters = {
  allowEncodedSlash: false,
  allowEncodedBackSlash: false,
  allowEncodedSemicolon: false,
  allowEncodedPercent: false,
  allowEncodedQuestionMark: false,
  allowEncodedHash: false,
};

describe("the escapes that a route takes", () => {
  for (const [name, path] of Object.entries(SWITCHES)) {
    test(`include that of ${path} by ${name} alone`, () => {
      assert.equal(canonicalPath(path), path);
      assert.ok(refusedEscapes(NOTHING).test(path));
      assert.ok(!refusedEscapes({ ...NOTHING, [name]: true }).test(path));
    });
  }

  test("include all but separators unless the config says more (P3, P5)", () => {
    const refused = Object.values(SWITCHES).filter((path) => DEFAULT_REFUSED_ESCAPES.test(path));
    assert.deepEqual(refused, ["/a%2Fb", "/a%5Cb"]);
  });

  test("include letters, spaces and other bytes in any case", () => {
    assert.ok(!refusedEscapes(NOTHING).test("/caf%C3%A9%20%22"));
  });

  test("are all when all are allowed", () => {
    const all = refusedEscapes({
      ...DEFAULT_ENCODED_CHARACTERS,
      allowEncodedSlash: true,
      allowEncodedBackSlash: true,
    });
    for (const path of Object.values(SWITCHES)) assert.ok(!all.test(path), path);
  });
});

describe("a path that servers read in two ways", () => {
  const router = compileRouter([
    routeOf("open", { paths: ["/"] }),
    routeOf("admin", { paths: ["/admin"] }),
    routeOf("files", { paths: ["/files"] }),
    routeOf("matrix", { paths: ["/admin/a;v=1"] }),
    routeOf("pattern", { paths: ["~/p/.*"] }),
    routeOf("guarded pattern", { paths: ["/p/x"], methods: ["GET"] }),
  ]);
  const misleads = (path: string): boolean => {
    assert.equal(canonicalPath(path), path);
    const match = router.match(requestOf({ path }));
    assert.ok(match !== undefined);
    return leadsElsewhere(path, match, (other) => router.match(requestOf({ path: other })));
  };

  test("leads elsewhere when its parameters hide another route (P6)", () => {
    for (const path of [
      "/admin;a=1/x",
      "/admin;",
      "/admin%3Ba/x",
      "/;/admin",
      "/;a/admin/x",
      "/p;/x",
    ]) {
      assert.ok(misleads(path), path);
    }
  });

  test("leads elsewhere when its escaped separators hide another route (P3)", () => {
    for (const path of [
      "/admin%2Fx",
      "/%2Fadmin",
      "/%2F%5Cadmin",
      "/admin%5Cx",
      "/admin;%2Fx",
      "/files%2Fx",
    ]) {
      assert.ok(misleads(path), path);
    }
  });

  test("is taken when every reading leads to the same route", () => {
    for (const path of [
      "/files/a%2Fb",
      "/files/a;v=1/b%5Cc",
      "/files/a%2F%2Fb",
      "/x;y",
      "/a%2Fb",
    ]) {
      assert.ok(!misleads(path), path);
    }
  });

  test("is taken as it stands by a route with that parameter", () => {
    assert.ok(!misleads("/admin/a;v=1/x"));
  });
});

/** What a server makes of a path that decodes separators first, cuts parameters off, and then resolves. */
function asLenientServer(path: string, cutsFirst: boolean): string {
  const cut = (text: string): string => text.replaceAll(/(?:;|%3B)[^/]*/g, "");
  const decode = (text: string): string => text.replaceAll(/%(?:2F|5C)/g, "/");
  const resolved: string[] = [];
  for (const segment of (cutsFirst ? decode(cut(path)) : cut(decode(path))).split("/")) {
    if (segment === "..") resolved.pop();
    else if (segment !== "" && segment !== ".") resolved.push(segment);
  }
  return `/${resolved.join("/")}`;
}

test("no path that an open route takes is a guarded one to a lenient server (P1 to P6)", () => {
  const router = compileRouter([
    routeOf("open", { paths: ["/"] }),
    routeOf("guarded", { paths: ["/admin"] }),
  ]);
  const pieces = "/ / a admin admin .. . ; ;x=1 %2f %2F %5c %3b %2e %61dmin // %252f %25 x".split(
    " ",
  );
  const random = seededRandom(3_2026);
  let taken = 0;
  for (let round = 0; round < 50_000; round += 1) {
    const length = 1 + Math.floor(random() * 8);
    const raw = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]);
    const path = canonicalPath(`/${raw.join("")}`);
    if (path === undefined) continue;
    const match = router.match(requestOf({ path }));
    if (match?.route.id !== "open") continue;
    if (leadsElsewhere(path, match, (other) => router.match(requestOf({ path: other })))) continue;
    taken += 1;
    for (const cutsFirst of [true, false]) {
      assert.doesNotMatch(asLenientServer(path, cutsFirst), /^\/admin(?:\/|$)/, path);
    }
  }
  assert.ok(taken > 5_000, `only ${taken} were taken`);
});

describe("a plain path", () => {
  test("has no escape, no parameter, and nothing to resolve", () => {
    for (const path of ["/", "/a/b/", "/.well-known/x", "/a..b", "/a=1,b"]) {
      assert.ok(isPlainPath(path), path);
    }
    for (const path of [
      "",
      "a",
      "//",
      "/a;b",
      "/a%20",
      "/a/../b",
      "/./a",
      "/a\n",
      "/\u00e9",
      "/a?",
    ]) {
      assert.ok(!isPlainPath(path), path);
    }
  });
});
