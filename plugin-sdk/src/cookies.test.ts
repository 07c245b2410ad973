import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatCookie, parseCookies } from "./cookies.ts";
import type { CookieAttributes } from "./cookies.ts";

describe("the client's cookies", () => {
  test("are read from all lines; the first of a name counts", () => {
    const cookies = parseCookies(["a=1; b=2;c=3", "a=4;  d = 5 "]);
    assert.deepEqual(
      [...cookies],
      [
        ["a", "1"],
        ["b", "2"],
        ["c", "3"],
        ["d", "5"],
      ],
    );
  });

  test("are without quotes, and with their escapes decoded where these are valid", () => {
    const cookies = parseCookies(['a="x y"; b=%C3%BC%20; c=%zz; d="; e=a=b; f=""; g="']);
    assert.deepEqual(Object.fromEntries(cookies), {
      a: "x y",
      b: "ü ",
      c: "%zz",
      d: '"',
      e: "a=b",
      f: "",
      g: '"',
    });
  });

  test("may be none, and pairs that are none are passed over", () => {
    assert.equal(parseCookies([]).size, 0);
    assert.deepEqual(
      [...parseCookies(["", "novalue; ;a=1; __proto__=x"])],
      [
        ["a", "1"],
        ["__proto__", "x"],
      ],
    );
  });
});

describe("a cookie for the client", () => {
  test("has its value encoded, so that it cannot say more than a value", () => {
    assert.equal(formatCookie("a", "1; Secure\r\nX: y", {}), "a=1%3B%20Secure%0D%0AX%3A%20y");
    const text = formatCookie("a", "ü,;= ", {});
    assert.equal(parseCookies([text]).get("a"), "ü,;= ");
  });

  test("has the attributes that were given", () => {
    const attributes: CookieAttributes = {
      domain: "example.com",
      path: "/a",
      maxAgeS: 60.9,
      expires: new Date(0),
      secure: true,
      httpOnly: true,
      sameSite: "None",
      partitioned: true,
    };
    assert.equal(
      formatCookie("a", "1", attributes),
      "a=1; Domain=example.com; Path=/a; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=None; Partitioned",
    );
    assert.equal(
      formatCookie("a", "", { secure: false, httpOnly: false, maxAgeS: -1 }),
      "a=; Max-Age=-1",
    );
  });

  const refused: readonly (readonly [name: string, attributes: CookieAttributes, why: RegExp])[] = [
    ["a b", {}, /no token/],
    ["", {}, /no token/],
    ["a", { path: "/; Secure" }, /semicolon or control/],
    ["a", { domain: "a\r\nb" }, /semicolon or control/],
    ["a", { maxAgeS: Number.NaN }, /number of seconds/],
    ["a", { expires: new Date("never") }, /invalid date/],
    ["a", { sameSite: "None" }, /needs the attribute secure/],
    ["a", { partitioned: true }, /needs the attribute secure/],
    ["__Secure-a", {}, /needs the attribute secure/],
    ["__Host-a", { secure: true }, /needs the path/],
    ["__Host-a", { secure: true, path: "/", domain: "a.test" }, /no domain/],
  ];
  for (const [name, attributes, why] of refused) {
    test(`named ${JSON.stringify(name)} with ${JSON.stringify(attributes)} is refused`, () => {
      assert.throws(() => formatCookie(name, "1", attributes), why);
    });
  }

  test("of a host alone is taken when it is bound to it", () => {
    const text = formatCookie("__Host-a", "1", { secure: true, path: "/" });
    assert.equal(text, "__Host-a=1; Path=/; Secure");
  });
});
