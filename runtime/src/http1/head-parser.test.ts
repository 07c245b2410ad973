import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GatewayError } from "../errors.ts";
import type { Fields } from "./fields.ts";
import { HeadParser } from "./head-parser.ts";
import type { HeadLimits } from "./head-parser.ts";
import { RequestLine } from "./request-line.ts";
import { StatusLine } from "./status-line.ts";

const LIMITS: HeadLimits = {
  maxStartLineBytes: 100,
  maxFieldLineBytes: 120,
  maxHeadBytes: 400,
  maxFields: 5,
};

interface Read {
  readonly line: string;
  readonly fields: readonly string[];
}

/** Feeds the pieces as a connection would, and returns every head that was whole, then the fault if there is one. */
function readRequests(pieces: readonly string[]): (Read | string)[] {
  const line = new RequestLine();
  const parser = new HeadParser(line, LIMITS);
  const heads: (Read | string)[] = [];
  for (const piece of pieces) {
    const chunk = Buffer.from(piece, "latin1");
    for (let at = 0; at < chunk.length;) {
      at = parser.feed(chunk, at);
      if (parser.fault !== undefined) return [...heads, faultName(parser.fault)];
      if (at < 0) break;
      const fields = parser.fields.names.map(
        (name, n) => `${name.text}=${parser.fields.values[n]}`,
      );
      heads.push({ line: `${line.method} ${line.target} 1.${line.minorVersion}`, fields });
      parser.reset();
    }
  }
  return heads;
}

function faultName(fault: unknown): string {
  return fault instanceof GatewayError ? fault.code : String(fault);
}

function outcome(text: string): Read | string | undefined {
  return readRequests([text])[0];
}

/** What comes of the text in one piece, byte by byte, and cut in two at every place, must be one and the same. */
function sameAtEverySplit(text: string): (Read | string)[] {
  const whole = readRequests([text]);
  assert.deepEqual(readRequests(Array.from(text)), whole, "byte by byte");
  for (let at = 1; at < text.length; at++) {
    assert.deepEqual(readRequests([text.slice(0, at), text.slice(at)]), whole, `cut at ${at}`);
  }
  return whole;
}

describe("HeadParser", () => {
  test("reads several heads alike at every split", () => {
    const heads = sameAtEverySplit(
      "GET /a?b=c HTTP/1.1\r\nHost: a.example\r\nX-Empty:\r\nx-Tabs:\t v w \t\r\n\r\n" +
        "\r\nDELETE http://b.example/ HTTP/1.0\r\n\r\n" +
        "PUT * HTTP/1.1\r\nName:\xe9\xff\r\n\r\n",
    );
    assert.deepEqual(heads, [
      { line: "GET /a?b=c 1.1", fields: ["Host=a.example", "X-Empty=", "x-Tabs=v w"] },
      { line: "DELETE http://b.example/ 1.0", fields: [] },
      { line: "PUT * 1.1", fields: ["Name=\xe9\xff"] },
    ]);
  });

  const MALFORMED: Readonly<Record<string, string>> = {
    "H7 a space before the colon": "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "H7 a tab before the colon": "GET / HTTP/1.1\r\nHost\t: x\r\n\r\n",
    "H7 a space ahead of the first field": "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    "H7 a folded line": "GET / HTTP/1.1\r\nHost: x\r\n y: z\r\n\r\n",
    "H7 a line folded with a tab": "GET / HTTP/1.1\r\nHost: x\r\n\ty\r\n\r\n",
    "H8 a bare LF after the request line": "GET / HTTP/1.1\nHost: x\r\n\r\n",
    "H8 a bare LF after a field": "GET / HTTP/1.1\r\nHost: x\n\r\n",
    "H8 a bare LF at the end": "GET / HTTP/1.1\r\nHost: x\r\n\n",
    "H8 a bare CR in a value": "GET / HTTP/1.1\r\nHost: x\ry\r\n\r\n",
    "H8 a bare CR in a name": "GET / HTTP/1.1\r\nHo\rst: x\r\n\r\n",
    "H8 two CR at the end": "GET / HTTP/1.1\r\nHost: x\r\n\r\r\n",
    "H8 NUL in a value": "GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n",
    "H8 NUL in a name": "GET / HTTP/1.1\r\nHo\0st: x\r\n\r\n",
    "H8 DEL in a value": "GET / HTTP/1.1\r\nHost: x\x7f\r\n\r\n",
    "H9 an empty name": "GET / HTTP/1.1\r\n: x\r\n\r\n",
    "H10 a line without colon": "GET / HTTP/1.1\r\nHost\r\n\r\n",
    "H2 a name with a byte above 0x7f": "GET / HTTP/1.1\r\nTransfer-Encoding\xa0: chunked\r\n\r\n",
    "H2 a vertical tab around a value": "GET / HTTP/1.1\r\nTransfer-Encoding:\vchunked\r\n\r\n",
    "H17 no version": "GET /\r\n\r\n",
    "H17 a version in lower case": "GET / http/1.1\r\n\r\n",
    "H17 text after the version": "GET / HTTP/1.1 \r\n\r\n",
    "H18 a method that is no token": 'G":" / HTTP/1.1\r\n\r\n',
    "H16 two spaces before the target": "GET  / HTTP/1.1\r\n\r\n",
    "H16 a tab before the target": "GET\t/ HTTP/1.1\r\n\r\n",
    "H16 a byte above 0x7f in the target": "GET /\xe9 HTTP/1.1\r\n\r\n",
    "more than one empty line ahead of a request": "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
  };
  for (const [kind, text] of Object.entries(MALFORMED)) {
    test(`refuses ${kind}, at every split`, () => {
      assert.deepEqual(sameAtEverySplit(text), ["malformed"]);
    });
  }

  test("finds a fault at the byte that makes it, without waiting for the end", () => {
    assert.deepEqual(readRequests(["GET / HTTP/1.1\r\nHost :"]), ["malformed"]);
    assert.deepEqual(readRequests(["GET / HTTP/1.1\n"]), ["malformed"]);
    assert.deepEqual(readRequests(["GET / HTTP/1.1\r\n "]), ["malformed"]);
  });

  const OTHER: Readonly<Record<string, readonly [text: string, code: string]>> = {
    "H17 HTTP/1.2": ["GET / HTTP/1.2\r\n\r\n", "version_unsupported"],
    "H17 HTTP/9.9": ["GET / HTTP/9.9\r\n\r\n", "version_unsupported"],
    "H18 a lower-case method": ["get / HTTP/1.1\r\n\r\n", "method_unknown"],
    "H18 an unknown method": ["BREW / HTTP/1.1\r\n\r\n", "method_unknown"],
    "H27 CONNECT": ["CONNECT x:443 HTTP/1.1\r\n\r\n", "method_not_allowed"],
    "H27 TRACE": ["TRACE / HTTP/1.1\r\n\r\n", "method_not_allowed"],
    "H18 a method over the limit": [`${"M".repeat(101)} / HTTP/1.1\r\n\r\n`, "start_line_too_long"],
  };
  for (const [kind, [text, code]] of Object.entries(OTHER)) {
    test(`says ${code} for ${kind}`, () => {
      assert.deepEqual(sameAtEverySplit(text), [code]);
    });
  }
});

describe("HeadParser's limits (H19)", () => {
  test("take a request line of the limit and refuse one byte more, at every split", () => {
    const line = (bytes: number): string => `GET /${"a".repeat(bytes - 14)} HTTP/1.1\r\n\r\n`;
    assert.equal(typeof sameAtEverySplit(line(100))[0], "object");
    assert.deepEqual(sameAtEverySplit(line(101)), ["start_line_too_long"]);
  });

  test("take a field line of the limit and refuse one byte more, at every split", () => {
    const head = (bytes: number): string => `GET / HTTP/1.1\r\nA: ${"v".repeat(bytes - 3)}\r\n\r\n`;
    assert.equal(typeof sameAtEverySplit(head(120))[0], "object");
    assert.deepEqual(sameAtEverySplit(head(121)), ["fields_too_large"]);
  });

  test("take a head of the limit and refuse one byte more, at every split", () => {
    const filler = `A: ${"v".repeat(90)}\r\n`.repeat(3);
    const head = (bytes: number): string => {
      const start = `GET / HTTP/1.1\r\n${filler}B: `;
      return `${start}${"w".repeat(bytes - start.length - 4)}\r\n\r\n`;
    };
    assert.equal(typeof sameAtEverySplit(head(400))[0], "object");
    assert.deepEqual(sameAtEverySplit(head(401)), ["fields_too_large"]);
  });

  test("refuse a line that is too long before it ends", () => {
    assert.equal(outcome("G".repeat(101)), "start_line_too_long");
    assert.equal(outcome(`GET / HTTP/1.1\r\nA: ${"v".repeat(120)}`), "fields_too_large");
  });

  test("take the number of fields allowed and refuse one more", () => {
    const head = (count: number): string => `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(count)}\r\n`;
    assert.equal(typeof sameAtEverySplit(head(5))[0], "object");
    assert.deepEqual(sameAtEverySplit(head(6)), ["fields_too_large"]);
  });
});

describe("HeadParser, of one connection", () => {
  test("has begun with the first byte of a head, not with the empty line ahead of it", () => {
    const parser = new HeadParser(new RequestLine(), LIMITS);
    assert.equal(parser.hasBegun, false);
    parser.feed(Buffer.from("\r\n"), 0);
    assert.equal(parser.hasBegun, false);
    parser.feed(Buffer.from("G"), 0);
    assert.equal(parser.hasBegun, true);
    parser.reset();
    assert.equal(parser.hasBegun, false);
  });

  test("returns the offset behind the head, where the body starts", () => {
    const parser = new HeadParser(new RequestLine(), LIMITS);
    assert.equal(parser.feed(Buffer.from("..GET / HTTP/1.1\r\nA: b"), 2), -1);
    assert.equal(parser.feed(Buffer.from("\r\n\r\nbody"), 0), 4);
  });

  test("gives each head its own fields", () => {
    const parser = new HeadParser(new RequestLine(), LIMITS);
    parser.feed(Buffer.from("GET / HTTP/1.1\r\nA: b\r\n\r\n"), 0);
    const first = parser.fields;
    parser.reset();
    parser.feed(Buffer.from("GET / HTTP/1.1\r\nC: d\r\n\r\n"), 0);
    assert.deepEqual([first.all("a"), first.all("c")], [["b"], []]);
    assert.deepEqual(parser.fields.all("c"), ["d"]);
  });

  test("reads a field section that comes again as it did the first time, at every split", () => {
    const head = "GET /a HTTP/1.1\r\nA: b\r\nC:  d \r\n\r\n";
    const again = head.replace("/a", "/other");
    const [first, second, third] = sameAtEverySplit(head + again + head);
    assert.deepEqual(first, { line: "GET /a 1.1", fields: ["A=b", "C=d"] });
    assert.deepEqual(second, { line: "GET /other 1.1", fields: ["A=b", "C=d"] });
    assert.deepEqual(third, first);
  });

  test("is not misled by a field section that only begins or ends like the last one", () => {
    const sections = [
      "A: b\r\n",
      "A: b\r\nC: d\r\n",
      "A: b\r\n",
      "",
      "A: c\r\n",
      "C: d\r\nA: b\r\n",
    ];
    const heads = sections.map((section) => `GET / HTTP/1.1\r\n${section}\r\n`).join("");
    const read = sameAtEverySplit(heads).map((each) =>
      typeof each === "string" ? each : each.fields.join(),
    );
    assert.deepEqual(read, ["A=b", "A=b,C=d", "A=b", "", "A=c", "C=d,A=b"]);
  });

  test("finds a fault behind what begins like the last field section", () => {
    const good = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
    assert.equal(sameAtEverySplit(`${good}GET / HTTP/1.1\r\nA: b\r\n\n`)[1], "malformed");
    assert.equal(sameAtEverySplit(`${good}GET / HTTP/1.1\r\nA: b\r\n\r\r`)[1], "malformed");
  });

  test("keeps what is done to one head's fields from a later head with the same ones", () => {
    const parser = new HeadParser(new RequestLine(), LIMITS);
    const chunk = Buffer.from("GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n");
    for (const change of [
      (fields: Fields) => fields.remove("a"),
      (fields: Fields) => fields.add("E", "f"),
      (fields: Fields) => fields.set("c", "changed"),
      (fields: Fields) => fields.set("A", "changed"),
      () => undefined,
    ]) {
      parser.reset();
      assert.equal(parser.feed(chunk, 0), chunk.length);
      const { names, values } = parser.fields;
      assert.deepEqual(
        names.map(({ text }, at) => `${text}: ${values[at]}`),
        ["A: b", "C: d"],
      );
      change(parser.fields);
    }
  });

  test("reads a head that is longer than what it looks at first", () => {
    const limits = { ...LIMITS, maxFieldLineBytes: 9000, maxHeadBytes: 20_000 };
    const parser = new HeadParser(new RequestLine(), limits);
    const value = "v".repeat(8000);
    const head = `GET / HTTP/1.1\r\nA: ${value}\r\nB: ${value}\r\n\r\n`;
    for (let count = 0; count < 2; count++) {
      assert.equal(parser.feed(Buffer.from(`..${head}body`), 2), head.length + 2);
      assert.deepEqual(parser.fields.values, [value, value]);
      parser.reset();
    }
    const tooLong = Buffer.from(
      `GET / HTTP/1.1\r\nA: ${value}\r\nB: ${value}\r\nC: ${value}\r\n\r\n`,
    );
    assert.equal(parser.feed(tooLong, 0), -1);
    assert.equal(parser.fault, "fields_too_large");
  });
});

describe("StatusLine", () => {
  const read = (text: string): string => {
    const line = new StatusLine();
    const fault = line.read(text, 0, text.length);
    return fault === undefined
      ? `${line.status}|${line.reason}|${line.minorVersion}`
      : String(fault);
  };

  test("reads status, reason and version", () => {
    assert.equal(read("HTTP/1.1 200 OK"), "200|OK|1");
    assert.equal(read("HTTP/1.0 404 Not Found"), "404|Not Found|0");
    assert.equal(read("HTTP/1.1 503 Fa\xdft"), "503|Fa\xdft|1");
  });

  test("takes an empty reason with and without the space before it", () => {
    assert.equal(read("HTTP/1.1 204 "), "204||1");
    assert.equal(read("HTTP/1.1 204"), "204||1");
  });

  test("refuses what is no status line, and statuses outside of 100 to 599 (U7, U10)", () => {
    const wrong = ["099 X", "600 X", "999 X", "20 X", "2000 X", "+20 X", "", " 200 OK", "2x0 X"];
    for (const rest of wrong) assert.equal(read(`HTTP/1.1 ${rest}`), "malformed", rest);
    for (const line of ["HTTP/2 200 OK", "HTTP/1.2 200 OK", "SSH-2.0-x", "http/1.1 200 OK"]) {
      assert.equal(read(line), "malformed", line);
    }
  });
});
