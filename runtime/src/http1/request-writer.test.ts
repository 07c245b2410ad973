import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Exchange } from "../exchange.ts";
import { RecordingSocket, exchangeOf, fieldsOf } from "../exchange.testing.ts";
import type { ExchangeParts } from "../exchange.testing.ts";
import { CHUNKED } from "./framing.ts";
import { RequestWriter } from "./request-writer.ts";
import { writeRequestHead } from "./write-request-head.ts";

const TARGET = { uri: "/base/x?q=1", host: "upstream:81" };

function linesOfHead(exchange: Exchange): string[] {
  const head = writeRequestHead(exchange, TARGET);
  assert.ok(head.endsWith("\r\n\r\n"));
  return head.slice(0, -4).split("\r\n");
}

function forwarded(...fields: readonly string[]): string[] {
  const lines = linesOfHead(exchangeOf({ fields: fieldsOf(...fields) }));
  return lines.slice(2, lines.indexOf("X-Request-Id: 0123456789abcdef0123456789abcdef"));
}

describe("the head of a forwarded request", () => {
  test("has the target's line and Host, the fields in order, and what the gateway states", () => {
    const exchange = exchangeOf({
      method: "POST",
      path: "/x",
      fields: fieldsOf("Host: example.com", "Cookie: a", "X-B: \xe9", "Cookie: b"),
    });
    assert.deepEqual(linesOfHead(exchange), [
      "POST /base/x?q=1 HTTP/1.1",
      "Host: upstream:81",
      "Cookie: a",
      "X-B: \xe9",
      "Cookie: b",
      "X-Request-Id: 0123456789abcdef0123456789abcdef",
      "X-Forwarded-Host: example.com",
      "X-Forwarded-Path: /x",
      "X-Forwarded-For: 192.0.2.7",
      "X-Real-IP: 192.0.2.7",
      "X-Forwarded-Proto: http",
      "X-Forwarded-Port: 8000",
      "Via: 1.1 sluice",
    ]);
  });

  test("has no hop-by-hop fields, Upgrade and HTTP2-Settings among them (T5, H23)", () => {
    const left = forwarded(
      "Connection: Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABk",
      "TE: trailers",
      "Trailer: x",
      "Keep-Alive: 5",
      "Proxy-Authorization: y",
      "Expect: 100-continue",
      "Transfer-Encoding: chunked",
      "Transfer_Encoding: chunked",
      "Content_Length: 1",
      "Accept: z",
    );
    assert.deepEqual(left, ["Accept: z"]);
  });

  test("asks for trailers when the client did (RFC 9110 §10.1.4)", () => {
    const lines = linesOfHead(exchangeOf({ acceptsTrailers: true })).slice(2, 4);
    assert.deepEqual(lines, ["Connection: TE", "TE: trailers"]);
  });

  test("offers the protocols that may follow (RFC 9110 §7.8)", () => {
    const upgrade = "websocket";
    const both = linesOfHead(exchangeOf({ upgrade, acceptsTrailers: true })).slice(2, 5);
    assert.deepEqual(both, ["Connection: upgrade, TE", "Upgrade: websocket", "TE: trailers"]);
    const one = linesOfHead(exchangeOf({ upgrade })).slice(2, 4);
    assert.deepEqual(one, ["Connection: upgrade", "Upgrade: websocket"]);
  });

  test("announces those trailers of a chunked body that may go on", () => {
    const fields = fieldsOf("Trailer: X-Sum, Host,authorization", "Trailer: content-digest, a b");
    const announced = (parts: ExchangeParts): string[] =>
      linesOfHead(exchangeOf(parts)).filter((line) => line.startsWith("Trailer"));
    assert.deepEqual(announced({ fields, framing: CHUNKED }), ["Trailer: X-Sum, content-digest"]);
    assert.deepEqual(announced({ fields }), []);
    const none = fieldsOf("Trailer: Content-Length");
    assert.deepEqual(announced({ fields: none, framing: CHUNKED }), []);
  });

  test("has the identity that a plugin stated", () => {
    assert.deepEqual(forwarded("X-Consumer-ID: c1"), ["X-Consumer-ID: c1"]);
  });

  test("has a plugin's request id instead of the gateway's", () => {
    const lines = linesOfHead(exchangeOf({ fields: fieldsOf("X-Request-Id: plugin") }));
    assert.deepEqual(
      lines.filter((line) => line.startsWith("X-Request-Id")),
      ["X-Request-Id: plugin"],
    );
  });

  test("says how the body is framed (H20)", () => {
    const framing = (parts: ExchangeParts): string[] =>
      linesOfHead(exchangeOf(parts)).filter((line) => /^(Content-L|Transfer-E)/.test(line));
    assert.deepEqual(framing({}), []);
    assert.deepEqual(framing({ framing: CHUNKED }), ["Transfer-Encoding: chunked"]);
    const fields = fieldsOf("Content-Length: 3");
    assert.deepEqual(framing({ framing: { kind: "length", length: 3 }, fields }), [
      "Content-Length: 3",
    ]);
  });

  test("says which prefix strip_path took away", () => {
    const exchange = exchangeOf({ path: "/api/v1/x" });
    assert.ok(!linesOfHead(exchange).some((line) => line.startsWith("X-Forwarded-Prefix")));
    exchange.prefixLength = 7;
    exchange.path = "/changed";
    const lines = linesOfHead(exchange);
    assert.ok(lines.includes("X-Forwarded-Prefix: /api/v1"));
    assert.ok(lines.includes("X-Forwarded-Path: /api/v1/x"));
  });
});

describe("RequestWriter", () => {
  /** What reaches the socket for a body in these pieces, after the head. */
  function bodyWritten(parts: ExchangeParts, ...pieces: readonly Buffer[]): string {
    const socket = new RecordingSocket();
    const writer = new RequestWriter(socket);
    writer.begin(exchangeOf(parts), TARGET);
    for (const piece of pieces) writer.write(piece);
    writer.end();
    writer.flush();
    return socket.text.slice(socket.text.indexOf("\r\n\r\n") + 4);
  }

  test("sends a body with a length as it is", () => {
    const large = Buffer.alloc(5000, "l");
    const parts: ExchangeParts = { framing: { kind: "length", length: 5002 } };
    const text = bodyWritten(parts, Buffer.from("\xff", "latin1"), large, Buffer.from("!"));
    assert.equal(text, `\xff${large.toString()}!`);
  });

  test("sends a chunked body in chunks, without empty ones before the end", () => {
    const pieces = [Buffer.from("abc"), Buffer.alloc(0), Buffer.alloc(5000, "l")];
    const text = bodyWritten({ framing: CHUNKED }, ...pieces);
    assert.equal(text, `3\r\nabc\r\n1388\r\n${"l".repeat(5000)}\r\n0\r\n\r\n`);
  });

  test("sends head and first pieces in one write, and later ones of one turn in the next", () => {
    const socket = new RecordingSocket();
    const writer = new RequestWriter(socket);
    writer.begin(exchangeOf({ framing: CHUNKED }), TARGET);
    writer.write(Buffer.from("a"));
    assert.equal(socket.writes.length, 0);
    writer.flush();
    assert.equal(socket.writes.length, 1);
    for (const letter of "bcd") writer.write(Buffer.from(letter));
    writer.flush();
    assert.deepEqual(socket.writes.slice(1), ["1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n"]);
  });

  test("sends trailers behind a chunked body, and never behind one with a length", () => {
    const trailers = fieldsOf("X-Sum: 1", "X-Sum: 2");
    for (const [framing, end] of [
      [CHUNKED, "1\r\na\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n"],
      [{ kind: "length", length: 1 }, "a"],
    ] as const) {
      const socket = new RecordingSocket();
      const writer = new RequestWriter(socket);
      writer.begin(exchangeOf({ framing }), TARGET);
      writer.flush();
      writer.write(Buffer.from("a"));
      writer.end(trailers);
      assert.deepEqual(socket.writes.slice(1), [end]);
    }
  });

  test("is blocked while the socket keeps bytes", () => {
    const socket = new RecordingSocket();
    const writer = new RequestWriter(socket);
    writer.begin(exchangeOf({ framing: CHUNKED }), TARGET);
    writer.flush();
    socket.takesMore = false;
    writer.write(Buffer.alloc(5000));
    assert.equal(writer.isBlocked, true);
  });
});
