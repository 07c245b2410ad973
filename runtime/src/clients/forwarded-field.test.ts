import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseForwarded } from "./forwarded-field.ts";
import { forParameter, hostParameter, parseNode } from "./node.ts";

function sources(line: string): (string | undefined)[] | undefined {
  return parseForwarded(line)?.map(({ from }) => from);
}

describe("Forwarded (RFC 7239)", () => {
  test("is a list of elements with a for each", () => {
    assert.deepEqual(sources("for=192.0.2.1"), ["192.0.2.1"]);
    assert.deepEqual(sources('For="[2001:db8::1]:80";proto=https , for=b'), [
      "[2001:db8::1]:80",
      "b",
    ]);
    assert.deepEqual(sources("proto=http;host=h"), [undefined]);
    assert.deepEqual(sources(",, for=a,"), ["a"]);
    assert.deepEqual(sources(""), []);
  });

  test("unquotes, and commas in quotes part nothing", () => {
    assert.deepEqual(sources('for="a,b";by="x;y", for="c\\"d\\\\"'), ["a,b", 'c"d\\']);
  });

  test("keeps the text of its elements", () => {
    const texts = parseForwarded('for=a;proto=http ,\tfor="b, c"')?.map(({ text }) => text);
    assert.deepEqual(texts, ["for=a;proto=http", 'for="b, c"']);
  });

  test("is refused when it is malformed", () => {
    const wrong = [
      'for="',
      'for="a',
      "for=a b",
      "for",
      "for=",
      "=a",
      "for = a",
      "for=2001:db8::1",
      "for=[::1]",
      "for=a;for=b",
      "for=a;FOR=b",
      'for="a"b',
      'for="\u00e9"',
      'for="\\',
      "for=a=b",
    ];
    for (const line of wrong) assert.equal(parseForwarded(line), undefined, line);
  });

  test("reads a long hostile line in time", () => {
    const startedAt = performance.now();
    for (const line of ['for="\\'.repeat(4000), "a=b;".repeat(4000), " ,".repeat(8000)]) {
      parseForwarded(line);
    }
    assert.ok(performance.now() - startedAt < 500);
  });
});

describe("a node", () => {
  const NODES: Readonly<Record<string, readonly [string, number]>> = {
    "192.0.2.1": ["192.0.2.1", 0],
    "192.0.2.1:443": ["192.0.2.1", 443],
    "2001:DB8::1": ["2001:db8::1", 0],
    "[2001:db8::1]": ["2001:db8::1", 0],
    "[2001:db8::1]:80": ["2001:db8::1", 80],
    "[::ffff:192.0.2.1]:80": ["192.0.2.1", 80],
    "::1:80": ["::1:80", 0],
  };
  for (const [text, [address, port]] of Object.entries(NODES)) {
    test(`${text} is an address${port === 0 ? "" : " and a port"} (R3)`, () => {
      assert.deepEqual(parseNode(text), { address, port });
    });
  }

  test("that is unknown, obfuscated or odd is none (R3)", () => {
    const odd =
      "unknown|_hidden|_a:80|192.0.2.1:|192.0.2.1:x|192.0.2.1:65536|[192.0.2.1]|[::1|::1]|[::1]80|a.example|";
    for (const text of odd.split("|")) assert.equal(parseNode(text), undefined, text);
  });

  test("is written in quotes where it has a colon", () => {
    assert.equal(forParameter(parseNode("192.0.2.1")), "for=192.0.2.1");
    assert.equal(forParameter(parseNode("192.0.2.1:80")), 'for="192.0.2.1:80"');
    assert.equal(forParameter(parseNode("2001:db8::1")), 'for="[2001:db8::1]"');
    assert.equal(forParameter(parseNode("[2001:db8::1]:80")), 'for="[2001:db8::1]:80"');
    assert.equal(forParameter(undefined), "for=unknown");
    assert.equal(hostParameter("a.example"), "host=a.example");
    assert.equal(hostParameter("a.example:80"), 'host="a.example:80"');
    assert.equal(hostParameter("[::1]"), 'host="[::1]"');
  });
});
