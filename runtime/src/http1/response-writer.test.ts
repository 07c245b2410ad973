import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Exchange } from "../exchange.ts";
import { RecordingSocket, exchangeOf, fieldsOf } from "../exchange.testing.ts";
import type { ExchangeParts } from "../exchange.testing.ts";
import { CHUNKED, NO_BODY, UNTIL_CLOSE } from "./framing.ts";
import type { Framing } from "./framing.ts";
import { HeadParser } from "./head-parser.ts";
import { ResponseWriter } from "./response-writer.ts";
import { StatusLine } from "./status-line.ts";
import { writeInformationalHead } from "./write-response-head.ts";

const DATE = "Sat, 21 Nov 2026 00:00:00 GMT";

interface ResponseParts {
  readonly status?: number;
  readonly reason?: string;
  readonly fields?: readonly string[];
  readonly framing?: Framing;
  readonly request?: ExchangeParts;
  readonly isPersistent?: boolean;
}

function answered(parts: ResponseParts): Exchange {
  const exchange = exchangeOf(parts.request);
  exchange.status = parts.status ?? 200;
  exchange.reason = parts.reason ?? "OK";
  exchange.responseFields = fieldsOf(...(parts.fields ?? []));
  exchange.responseFraming = parts.framing ?? NO_BODY;
  return exchange;
}

/** The whole response with the pieces as its body, and whether the connection lives on. */
function write(parts: ResponseParts, ...body: readonly Buffer[]): { text: string; lives: boolean } {
  const socket = new RecordingSocket();
  const writer = new ResponseWriter(socket);
  const isPersistent = parts.isPersistent ?? true;
  const lives = writer.begin(answered(parts), { isPersistent, httpDate: DATE });
  for (const piece of body) writer.write(piece);
  writer.end();
  return { text: socket.text, lives };
}

function headLines(parts: ResponseParts): string[] {
  const { text } = write(parts);
  return text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
}

function bodyOf(text: string): string {
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}

describe("the head of a response", () => {
  test("has status, reason, the fields in order, and what the gateway adds", () => {
    const fields = ["Set-Cookie: a", "X-B: 1", "Set-Cookie: b", "Content-Length: 0"];
    assert.deepEqual(headLines({ status: 404, reason: "Not Found", fields }), [
      "HTTP/1.1 404 Not Found",
      ...fields,
      `Date: ${DATE}`,
      "X-Request-Id: 0123456789abcdef0123456789abcdef",
      "Via: 1.1 sluice",
    ]);
  });

  test("keeps the upstream's Date and a plugin's request id", () => {
    const lines = headLines({ fields: ["Date: yesterday", "X-Request-Id: plugin"] });
    assert.deepEqual(lines.slice(1), [
      "Date: yesterday",
      "X-Request-Id: plugin",
      "Via: 1.1 sluice",
    ]);
  });

  test("leaves out hop-by-hop fields (T9)", () => {
    const hops = ["Connection: x", "Keep-Alive: a", "Upgrade: b", "Trailer: c", "TE: trailers"];
    const lines = headLines({ fields: [...hops, "Transfer-Encoding: chunked", "X-Stays: 1"] });
    assert.deepEqual(lines.slice(1, 3), ["X-Stays: 1", `Date: ${DATE}`]);
  });

  test("copies fields as the upstream sent them, around those that it leaves out or changes", () => {
    const source =
      "HTTP/1.1 200 OK\r\nA: 1\r\nConnection: close\r\nB:2\r\nC: 3 \r\nD: \r\nE: x\xe9\r\nF: 6\r\n\r\n";
    const limits = {
      maxStartLineBytes: 99,
      maxFieldLineBytes: 99,
      maxHeadBytes: 999,
      maxFields: 9,
    };
    const parser = new HeadParser(new StatusLine(), limits);
    assert.equal(parser.feed(Buffer.from(source, "latin1"), 0), source.length);
    const exchange = answered({});
    exchange.responseFields = parser.fields;
    exchange.responseFields.set("F", "new");
    exchange.responseFields.add("G", "7");
    const socket = new RecordingSocket();
    const writer = new ResponseWriter(socket);
    writer.begin(exchange, { isPersistent: true, httpDate: DATE });
    writer.flush();
    assert.ok(
      socket.text.startsWith(
        "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: \r\nE: x\xe9\r\nF: new\r\nG: 7\r\nDate: ",
      ),
      socket.text,
    );
  });

  test("says close when it is the last, and keep-alive to HTTP/1.0", () => {
    const connection = (parts: ResponseParts): string[] =>
      headLines(parts).filter((line) => line.startsWith("Connection"));
    assert.deepEqual(connection({}), []);
    assert.deepEqual(connection({ isPersistent: false }), ["Connection: close"]);
    assert.deepEqual(connection({ request: { minorVersion: 0 } }), ["Connection: keep-alive"]);
  });

  test("of 204 has no Content-Length, of 304 and HEAD keeps it (U8)", () => {
    const fields = ["Content-Length: 7"];
    assert.equal(headLines({ status: 204, fields }).includes("Content-Length: 7"), false);
    assert.equal(headLines({ status: 304, fields }).includes("Content-Length: 7"), true);
    assert.equal(
      headLines({ fields, request: { method: "HEAD" } }).includes("Content-Length: 7"),
      true,
    );
  });

  test("of a 1xx response has its own fields and nothing of ours", () => {
    const fields = fieldsOf("Link: </a>", "Content-Length: 5", "Connection: x");
    assert.equal(
      writeInformationalHead(103, fields),
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    );
  });
});

describe("the body of a response", () => {
  const small = Buffer.from("small\xff", "latin1");
  const large = Buffer.alloc(5000, "l");

  test("with a length goes out as it is, small and large pieces in order", () => {
    const framing: Framing = { kind: "length", length: 5012 };
    const { text, lives } = write({ framing }, small, large, small);
    assert.equal(bodyOf(text), `small\xff${large.toString()}small\xff`);
    assert.equal(lives, true);
  });

  test("without a length goes out in chunks on HTTP/1.1", () => {
    for (const framing of [CHUNKED, UNTIL_CLOSE]) {
      const { text, lives } = write({ framing }, small, Buffer.alloc(0), large);
      assert.ok(text.includes("\r\nTransfer-Encoding: chunked\r\n"));
      assert.equal(bodyOf(text), `6\r\nsmall\xff\r\n1388\r\n${large.toString()}\r\n0\r\n\r\n`);
      assert.equal(lives, true);
    }
  });

  test("without a length ends with the connection on HTTP/1.0", () => {
    const { text, lives } = write({ framing: CHUNKED, request: { minorVersion: 0 } }, small);
    assert.ok(!text.includes("Transfer-Encoding"));
    assert.ok(text.includes("\r\nConnection: close\r\n"));
    assert.equal(bodyOf(text), "small\xff");
    assert.equal(lives, false);
  });

  test("goes to nobody where there can be none", () => {
    const { text } = write({ status: 204, framing: NO_BODY }, small);
    assert.equal(bodyOf(text), "");
  });

  test("is counted with the head", () => {
    const socket = new RecordingSocket();
    const writer = new ResponseWriter(socket);
    const exchange = answered({ framing: CHUNKED });
    writer.begin(exchange, { isPersistent: true, httpDate: DATE });
    writer.write(small);
    writer.write(large);
    writer.end();
    assert.equal(exchange.responseBytes, socket.text.length);
  });
});

describe("ResponseWriter", () => {
  test("sends head and small pieces in one write", () => {
    const socket = new RecordingSocket();
    const writer = new ResponseWriter(socket);
    writer.begin(answered({ framing: CHUNKED }), { isPersistent: true, httpDate: DATE });
    for (let n = 0; n < 10; n++) writer.write(Buffer.from("piece"));
    assert.equal(socket.writes.length, 0);
    writer.end();
    assert.equal(socket.writes.length, 1);
  });

  test("does not gather without bound", () => {
    const socket = new RecordingSocket();
    const writer = new ResponseWriter(socket);
    writer.begin(answered({ framing: CHUNKED }), { isPersistent: true, httpDate: DATE });
    for (let n = 0; n < 20; n++) writer.write(Buffer.alloc(4000));
    assert.ok(socket.text.length > 50_000);
  });

  test("is blocked while the socket keeps bytes", () => {
    const socket = new RecordingSocket();
    const writer = new ResponseWriter(socket);
    writer.begin(answered({ framing: CHUNKED }), { isPersistent: true, httpDate: DATE });
    socket.takesMore = false;
    writer.write(Buffer.alloc(5000));
    assert.equal(writer.isBlocked, true);
    socket.takesMore = true;
    writer.end();
    assert.equal(writer.isBlocked, false);
  });

  test("has begun between the head and the end of a response", () => {
    const writer = new ResponseWriter(new RecordingSocket());
    assert.equal(writer.hasBegun, false);
    writer.begin(answered({}), { isPersistent: true, httpDate: DATE });
    assert.equal(writer.hasBegun, true);
    writer.end();
    assert.equal(writer.hasBegun, false);
  });
});
