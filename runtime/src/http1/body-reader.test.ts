import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { linesOf } from "../exchange.testing.ts";
import { BodyReader } from "./body-reader.ts";
import type { BodyState } from "./body-reader.ts";
import { CHUNKED, NO_BODY, UNTIL_CLOSE } from "./framing.ts";
import type { Framing } from "./framing.ts";

interface Result {
  readonly body: string;
  readonly state: BodyState;
  /** Bytes that belong to the body and its framing. */
  readonly used: number;
}

function readPieces(framing: Framing, pieces: readonly string[]): Result {
  const reader = new BodyReader(framing);
  let body = "";
  let used = 0;
  for (const piece of pieces) {
    if (reader.state !== "more") break;
    used += reader.read(Buffer.from(piece, "latin1"), 0, (part) => {
      body += part.toString("latin1");
    });
  }
  return { body, state: reader.state, used };
}

/** In one piece, byte by byte and cut in two everywhere, the result must be the same. */
function sameAtEverySplit(framing: Framing, text: string): Result {
  const whole = readPieces(framing, [text]);
  assert.deepEqual(readPieces(framing, Array.from(text)), whole, "byte by byte");
  for (let at = 1; at < text.length; at++) {
    const halves = readPieces(framing, [text.slice(0, at), text.slice(at)]);
    assert.deepEqual(halves, whole, `cut at ${at}`);
  }
  return whole;
}

describe("BodyReader, with a length", () => {
  test("takes exactly that many bytes and leaves the rest", () => {
    const result = sameAtEverySplit({ kind: "length", length: 5 }, "helloGET /");
    assert.deepEqual(result, { body: "hello", state: "done", used: 5 });
  });

  test("is not whole before its last byte, and does not end with its connection", () => {
    const reader = new BodyReader({ kind: "length", length: 5 });
    reader.read(Buffer.from("hell"), 0, () => undefined);
    assert.deepEqual([reader.state, reader.endsWithConnection], ["more", false]);
    reader.read(Buffer.from("o"), 0, () => undefined);
    assert.equal(reader.state, "done");
  });

  test("starts at the offset it is given", () => {
    const reader = new BodyReader({ kind: "length", length: 2 });
    const pieces: string[] = [];
    const end = reader.read(Buffer.from("..ab.."), 2, (piece) => pieces.push(String(piece)));
    assert.deepEqual([end, pieces], [4, ["ab"]]);
  });
});

describe("BodyReader, without a length", () => {
  test("is done at once when there is no body", () => {
    const reader = new BodyReader(NO_BODY);
    assert.equal(reader.state, "done");
    assert.equal(reader.endsWithConnection, false);
    assert.equal(
      reader.read(Buffer.from("GET"), 0, () => assert.fail()),
      0,
    );
  });

  test("takes everything until the connection closes", () => {
    const result = sameAtEverySplit(UNTIL_CLOSE, "all of it\r\n\r\n");
    assert.deepEqual(result, { body: "all of it\r\n\r\n", state: "more", used: 13 });
    assert.equal(new BodyReader(UNTIL_CLOSE).endsWithConnection, true);
  });
});

describe("BodyReader, chunked", () => {
  test("joins chunks and leaves what follows the last one, at every split", () => {
    const text = "5\r\nhello\r\n00A\r\n, \r\n world\r\n0\r\n\r\n";
    const result = sameAtEverySplit(CHUNKED, `${text}GET / HTTP/1.1`);
    assert.deepEqual(result, { body: "hello, \r\n world", state: "done", used: text.length });
  });

  test("reads sizes in both cases of hexadecimal", () => {
    const text = `1f\r\n${"x".repeat(31)}\r\nA\r\n${"y".repeat(10)}\r\n0\r\n\r\n`;
    assert.equal(sameAtEverySplit(CHUNKED, text).body, "x".repeat(31) + "y".repeat(10));
  });

  test("is not whole before its last byte, and does not end with its connection", () => {
    const reader = new BodyReader(CHUNKED);
    reader.read(Buffer.from("1\r\na\r\n0\r\n"), 0, () => undefined);
    assert.deepEqual([reader.state, reader.endsWithConnection], ["more", false]);
    reader.read(Buffer.from("\r\n"), 0, () => undefined);
    assert.equal(reader.state, "done");
  });

  test("drops extensions, at every split", () => {
    const text = '5;name="a\\"b";x=\t1\r\nhello\r\n0;last\r\n\r\n';
    assert.deepEqual(sameAtEverySplit(CHUNKED, text), {
      body: "hello",
      state: "done",
      used: text.length,
    });
  });

  test("keeps trailers out of the body, whatever their names (H26), at every split", () => {
    const text = "1\r\na\r\n0\r\nContent-Length: 99\r\nHost: evil\r\nX-Empty:\r\n\r\n";
    assert.deepEqual(sameAtEverySplit(CHUNKED, `${text}rest`), {
      body: "a",
      state: "done",
      used: text.length,
    });
  });

  const MALFORMED: Readonly<Record<string, string>> = {
    "H11 a size with 0x": "0x5\r\nhello\r\n0\r\n\r\n",
    "H11 a size with a plus": "+5\r\nhello\r\n0\r\n\r\n",
    "H11 a negative size": "-0\r\n\r\n",
    "H11 a space ahead of the size": " 5\r\nhello\r\n0\r\n\r\n",
    "H11 a space after the size": "5 \r\nhello\r\n0\r\n\r\n",
    "H11 17 digits": `${"0".repeat(16)}5\r\nhello\r\n0\r\n\r\n`,
    "H11 a size beyond exact numbers": "fffffffffffffff\r\nx",
    "H11 no size": "\r\nhello\r\n0\r\n\r\n",
    "H11 no size before an extension": ";a=b\r\n\r\n",
    "H11 a digit that is none": "g\r\n",
    "H12 a bare LF after the size": "5\nhello\r\n0\r\n\r\n",
    "H12 a bare CR after the size": "5\r5hello\r\n0\r\n\r\n",
    "H12 a bare LF after the data": "5\r\nhello\n0\r\n\r\n",
    "H12 data longer than its size": "5\r\nhello!\r\n0\r\n\r\n",
    "H12 no CRLF after the data": "5\r\nhello0\r\n\r\n",
    "H12 text after the last chunk": "0\r\nXX\r\n\r\n",
    "H12 a bare LF at the end": "0\r\n\n",
    "H12 a bare CR at the end": "0\r\n\rX",
    "H12 a line end in a quoted extension": '5;a="b\r\nhello\r\n0\r\n\r\n',
    "H12 a line end behind an escape": '5;a="b\\\r\nhello\r\n0\r\n\r\n',
    "H13 LF in an extension": "5;a\nb\r\nhello\r\n0\r\n\r\n",
    "H13 NUL in an extension": "5;a\0b\r\nhello\r\n0\r\n\r\n",
    "a folded trailer": "0\r\nA: b\r\n c\r\n\r\n",
    "a trailer folded with a tab": "0\r\nA: b\r\n\tc\r\n\r\n",
    "a trailer without a name": "0\r\n: b\r\n\r\n",
    "a trailer with a space in its name": "0\r\nA : b\r\n\r\n",
    "a trailer with a bare LF": "0\r\nA: b\n\r\n",
    "a trailer with NUL": "0\r\nA: \0\r\n\r\n",
  };
  for (const [kind, text] of Object.entries(MALFORMED)) {
    test(`refuses ${kind}, at every split`, () => {
      const result = sameAtEverySplit(CHUNKED, text);
      assert.equal(result.state, "malformed");
    });
  }

  test("refuses extensions over their limit, in one chunk or over many (H13)", () => {
    const one = `1;${"x".repeat(20_000)}\r\na\r\n0\r\n\r\n`;
    assert.equal(readPieces(CHUNKED, [one]).state, "malformed");
    const many = `${"1;xxxxxxxx\r\na\r\n".repeat(1000)}0\r\n\r\n`;
    assert.equal(readPieces(CHUNKED, [many]).state, "malformed");
    const few = `${"1;xxxxxxxx\r\na\r\n".repeat(100)}0\r\n\r\n`;
    assert.equal(readPieces(CHUNKED, [few]).state, "done");
  });

  test("refuses trailers over their limits", () => {
    const after = (trailers: string): BodyState =>
      sameAtEverySplit(CHUNKED, `0\r\n${trailers}\r\n`).state;
    assert.equal(after("A: b\r\n".repeat(65)), "too_large");
    assert.equal(after("A: b\r\n".repeat(64)), "done");
    assert.equal(readPieces(CHUNKED, [`0\r\nA: ${"b".repeat(8190)}\r\n\r\n`]).state, "too_large");
    assert.equal(readPieces(CHUNKED, [`0\r\nA: ${"b".repeat(8185)}\r\n\r\n`]).state, "done");
  });

  test("has the trailers that may go on, in order, when it is done", () => {
    const reader = new BodyReader(CHUNKED);
    const text = "0\r\nX-B:\t2 \r\nHost: evil\r\nx-a: 1\r\nX-B: 3\r\nX-Empty:\r\n\r\n";
    for (const byte of text) reader.read(Buffer.from(byte), 0, () => undefined);
    assert.deepEqual(reader.trailers && linesOf(reader.trailers), [
      "X-B: 2",
      "x-a: 1",
      "X-B: 3",
      "X-Empty: ",
    ]);
  });

  test("has none when none came or none may go on", () => {
    for (const text of ["0\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n"]) {
      const reader = new BodyReader(CHUNKED);
      reader.read(Buffer.from(text), 0, () => undefined);
      assert.deepEqual([reader.state, reader.trailers], ["done", undefined]);
    }
  });

  test("takes any number of chunks without extensions", () => {
    const result = readPieces(CHUNKED, [`${"1\r\na\r\n".repeat(20_000)}0\r\n\r\n`]);
    assert.deepEqual([result.state, result.body.length], ["done", 20_000]);
  });

  test("hands out views of the bytes it was given", () => {
    const chunk = Buffer.from("3\r\nabc\r\n0\r\n\r\n");
    const pieces: Buffer[] = [];
    new BodyReader(CHUNKED).read(chunk, 0, (piece) => pieces.push(piece));
    assert.equal(pieces[0]?.buffer, chunk.buffer);
  });
});
