import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GatewayError } from "../errors.ts";
import { Fields } from "./fields.ts";
import { readRequest } from "./request-head.ts";
import type { ReadRequest } from "./request-head.ts";
import { RequestLine } from "./request-line.ts";

interface RequestText {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  readonly fields?: readonly string[];
}

/** Reads a request that has Host unless the fields are given. */
function read({ method, target, version, fields }: RequestText): ReadRequest {
  const line = new RequestLine();
  const text = `${method ?? "GET"} ${target ?? "/"} HTTP/${version ?? "1.1"}`;
  assert.equal(line.read(text, 0, text.length), undefined);
  const section = new Fields();
  for (const field of fields ?? ["Host: example.com"]) {
    const colon = field.indexOf(":");
    section.add(field.slice(0, colon), field.slice(colon + 1).trim());
  }
  return readRequest(line, section, 0);
}

function refusal(request: RequestText): string {
  try {
    read(request);
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return error.code;
  }
  return "taken";
}

function forwarded(...fields: string[]): string[] {
  const { head } = read({ fields: ["Host: h", ...fields] });
  return head.fields.names.map((name, at) => `${name.text}: ${head.fields.values[at]}`).slice(1);
}

describe("Host (H14)", () => {
  test("is needed on HTTP/1.1 and not on HTTP/1.0", () => {
    assert.equal(refusal({ fields: [] }), "bad_request");
    assert.equal(read({ version: "1.0", fields: [] }).head.host, "localhost");
  });

  test("may stand there once only", () => {
    assert.equal(refusal({ fields: ["Host: a", "Host: a"] }), "bad_request");
    assert.equal(refusal({ fields: ["Host: a", "host: b"] }), "bad_request");
  });

  test("is refused unless it is a host and port", () => {
    const wrong = [
      "",
      "a/b",
      "a@b",
      "a,b",
      "a b",
      "a:b",
      "a:",
      "a:123456",
      "a:80:80",
      "[::1",
      "::1",
    ];
    for (const host of [...wrong, "a\\b", "a?b", "a#b", 'a"b', "[x]", "\xe9"]) {
      assert.equal(refusal({ fields: [`Host: ${host}`] }), "bad_request", host);
    }
  });

  test("gives host and authority", () => {
    const cases = {
      "Example.COM": "example.com",
      "example.com:8080": "example.com",
      "example.com.": "example.com",
      "example.com.:80": "example.com",
      "[::1]:80": "[::1]",
      "10.0.0.1:1": "10.0.0.1",
      a_b: "a_b",
    };
    for (const [authority, host] of Object.entries(cases)) {
      const { head } = read({ fields: [`Host: ${authority}`] });
      assert.deepEqual([head.host, head.authority], [host, authority]);
    }
  });
});

describe("the request target", () => {
  test("is split into path and query", () => {
    const { head } = read({ target: "/a/b?c=d?e&f" });
    assert.deepEqual([head.path, head.query], ["/a/b", "c=d?e&f"]);
    assert.equal(read({ target: "/?" }).head.query, "");
  });

  test("in absolute form says the host, whatever Host says (H15)", () => {
    const { head } = read({ target: "http://Other.example:81/x?y", fields: ["Host: example.com"] });
    assert.deepEqual([head.host, head.authority], ["other.example", "Other.example:81"]);
    assert.deepEqual([head.path, head.query], ["/x", "y"]);
  });

  test("in absolute form may leave out the path", () => {
    assert.equal(read({ target: "http://a" }).head.path, "/");
    const { head } = read({ target: "HTTP://a?q=/" });
    assert.deepEqual([head.host, head.path, head.query], ["a", "/", "q=/"]);
  });

  test("in absolute form does not excuse a missing or wrong Host", () => {
    assert.equal(refusal({ target: "http://a/", fields: [] }), "bad_request");
    assert.equal(refusal({ target: "http://a/", fields: ["Host: a@b"] }), "bad_request");
  });

  test("in any other form is refused (H16)", () => {
    const wrong = [
      "*",
      "x:443",
      "x:@h:1/",
      "@h",
      "x",
      "ftp://a/",
      "http:/a",
      "http://",
      "http:///x",
    ];
    for (const target of [...wrong, "http://u@a/", "http://a:b/", "http://a,b/"]) {
      assert.equal(refusal({ target }), "bad_request", target);
    }
  });

  test("with a fragment is refused (H29)", () => {
    assert.equal(refusal({ target: "/a#b" }), "bad_request");
    assert.equal(refusal({ target: "/a?b#c" }), "bad_request");
    assert.equal(refusal({ target: "http://a#/b" }), "bad_request");
  });

  test("is routed and forwarded by its canonical path (P1, P2, P4)", () => {
    const cases = {
      "//admin/x": "/admin/x",
      "http://gw//admin/x": "/admin/x",
      "/a/../admin": "/admin",
      "/a/%2e%2E/admin": "/admin",
      "/%61dmin": "/admin",
    };
    for (const [target, path] of Object.entries(cases))
      assert.equal(read({ target }).head.path, path);
  });

  test("with a path that is not safe to route is refused (P3, P7, P9)", () => {
    for (const target of ["/a%2f..", "/..%5cb", "/a\\b", "/%00", "/%0d%0a", "/%zz", "/%"]) {
      assert.equal(refusal({ target }), "bad_request", target);
    }
  });
});

describe("fields that clients may not send", () => {
  test("are gone before any plugin sees the request (T1, T2, T3)", () => {
    const left = forwarded(
      "X-Forwarded-For: 1.2.3.4",
      "Accept: a",
      "X-Consumer-ID: root",
      "x_consumer_id: root",
      "X-Consumer-Username: root",
      "X-Anonymous-Consumer: true",
      "X-Real-IP: 1.2.3.4",
      "Forwarded: for=1.2.3.4",
      "X-Forwarded-Prefix: /x",
      "X-Request-Id: mine",
      "X_Request_Id: mine",
      "Accept: b",
    );
    assert.deepEqual(left, ["Accept: a", "Accept: b"]);
  });

  test("do not include what is theirs to say", () => {
    const own = ["Authorization: x", "Cookie: a=b", "Content-Length: 1", "__proto__: y"];
    assert.deepEqual(forwarded(...own), own);
  });

  test("include what Connection nominates, so that it cannot take away what plugins add (T4)", () => {
    const lines = ["Connection: X-Hop, close", "X-Hop: 1", "X-Stays: 2", "x-hop: 3"];
    assert.deepEqual(forwarded(...lines), ["Connection: X-Hop, close", "X-Stays: 2"]);
  });
});

describe("a request read", () => {
  test("keeps its connection by version and Connection", () => {
    const persistent = (version: string, ...connection: string[]): boolean =>
      read({ version, fields: ["Host: a", ...connection.map((value) => `Connection: ${value}`)] })
        .isPersistent;
    assert.equal(persistent("1.1"), true);
    assert.equal(persistent("1.1", "close"), false);
    assert.equal(persistent("1.1", "keep-alive", "close"), false);
    assert.equal(persistent("1.0"), false);
    assert.equal(persistent("1.0", "keep-alive"), true);
    assert.equal(persistent("1.0", "keep-alive, close"), false);
  });

  test("expects 100 (Continue) when it says so, on HTTP/1.1 only (H24)", () => {
    const fields = ["Host: a", "Expect: 100-Continue", "Content-Length: 1"];
    assert.equal(read({ fields }).expectsContinue, true);
    assert.equal(read({ fields, version: "1.0" }).expectsContinue, false);
    assert.equal(read({}).expectsContinue, false);
  });

  test("with another expectation is refused (H24)", () => {
    assert.equal(refusal({ fields: ["Host: a", "Expect: x"] }), "expectation_failed");
    assert.equal(refusal({ fields: ["Host: a", "Expect: 100-continue, x"] }), "expectation_failed");
  });

  test("with framing that cannot be trusted is refused (H1)", () => {
    const fields = ["Host: a", "Content-Length: 1", "Transfer-Encoding: chunked"];
    assert.equal(refusal({ fields }), "bad_request");
  });

  test("has an id of its own", () => {
    const ids = new Set(Array.from({ length: 1000 }, () => read({}).head.id));
    assert.equal(ids.size, 1000);
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  });
});
