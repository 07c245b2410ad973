import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fields } from "./fields.ts";
import { readControls, requestFraming, responseFraming } from "./framing.ts";
import type { Controls, Framing } from "./framing.ts";

type Lines = readonly (readonly [name: string, value: string])[];

function controlsOf(lines: Lines, minorVersion = 1): Controls | undefined {
  const fields = new Fields();
  for (const [name, value] of lines) fields.add(name, value);
  return readControls(fields, minorVersion);
}

function lengthOf(value: string): number | undefined {
  return controlsOf([["Content-Length", value]])?.length;
}

/** The controls, which must not have been refused. */
function accepted(lines: Lines, minorVersion = 1): Controls {
  const controls = controlsOf(lines, minorVersion);
  assert.ok(controls);
  return controls;
}

describe("Content-Length", () => {
  test("is a decimal number", () => {
    assert.equal(lengthOf("0"), 0);
    assert.equal(lengthOf("5"), 5);
    assert.equal(lengthOf("999999999999999"), 999_999_999_999_999);
  });

  test("with leading zeros is decimal, and goes on without them (H6)", () => {
    const fields = new Fields();
    fields.add("content-Length", "010");
    assert.equal(readControls(fields, 1)?.length, 10);
    assert.deepEqual([fields.names[0]?.text, fields.values], ["content-Length", ["10"]]);
    assert.equal(lengthOf("00"), 0);
  });

  test("that is anything else is refused (H6)", () => {
    const wrong = ["", "+5", "-1", "5.0", "1_0", "0x5", "5, 5", "5,5", "5 5", "a", "1e3", "\u00b2"];
    for (const value of [...wrong, "9999999999999999", "1".repeat(40)]) {
      assert.equal(controlsOf([["Content-Length", value]]), undefined, value);
    }
  });

  test("twice is refused, differing or equal (H6)", () => {
    for (const [first, second] of [
      ["5", "5"],
      ["5", "6"],
      ["05", "5"],
    ] as const) {
      const lines: Lines = [
        ["Content-Length", first],
        ["content-length", second],
      ];
      assert.equal(controlsOf(lines), undefined);
    }
  });
});

describe("Transfer-Encoding", () => {
  test("chunked is taken in any case", () => {
    assert.equal(accepted([["Transfer-Encoding", "chunked"]]).isChunked, true);
    assert.equal(accepted([["TRANSFER-ENCODING", "CHUNKED"]]).isChunked, true);
  });

  test("that is anything else is refused (H2, H3)", () => {
    const wrong = [",chunked", "chunked,", "gzip, chunked", "chunked, chunked", "identity", "gzip"];
    for (const value of [...wrong, "", '"chunked"', "chunked;q=1", "xchunked", "chunked\u00a0"]) {
      assert.equal(controlsOf([["Transfer-Encoding", value]]), undefined, value);
    }
  });

  test("twice is refused (H4)", () => {
    const lines: Lines = [
      ["Transfer-Encoding", "chunked"],
      ["Transfer-Encoding", "chunked"],
    ];
    assert.equal(controlsOf(lines), undefined);
  });

  test("together with Content-Length is refused, in both orders (H1)", () => {
    const both: Lines = [
      ["Content-Length", "5"],
      ["Transfer-Encoding", "chunked"],
    ];
    assert.equal(controlsOf(both), undefined);
    assert.equal(controlsOf(both.toReversed()), undefined);
    assert.equal(
      controlsOf([
        ["Content-Length", "0"],
        ["Transfer-Encoding", "chunked"],
      ]),
      undefined,
    );
  });

  test("on HTTP/1.0 is refused (H5)", () => {
    assert.equal(controlsOf([["Transfer-Encoding", "chunked"]], 0), undefined);
  });
});

describe("Connection", () => {
  test("says close and keep-alive in any case, among others, over many lines", () => {
    assert.equal(accepted([["Connection", "close"]]).wantsClose, true);
    assert.equal(accepted([["Connection", "Keep-Alive"]]).wantsKeepAlive, true);
    assert.equal(accepted([["Connection", "keep-alive"]]).wantsKeepAlive, true);
    const controls = accepted([
      ["Connection", "X-A , keep-alive"],
      ["connection", "CLOSE"],
    ]);
    assert.deepEqual([controls.wantsClose, controls.wantsKeepAlive], [true, true]);
  });

  test("nominates the other names, in lower case", () => {
    const controls = accepted([
      ["Connection", "close, X-One,, x-two"],
      ["Connection", "X-Three"],
    ]);
    assert.deepEqual(controls.nominated, ["x-one", "x-two", "x-three"]);
  });

  test("nominates nothing that would change how a message is read or whose it is (T4)", () => {
    const names = "Host, Content-Length, Transfer-Encoding, Authorization, Cookie, Set-Cookie, Via";
    assert.equal(accepted([["Connection", names]]).nominated, undefined);
  });

  test("alone says nothing of a body", () => {
    const controls = accepted([["Connection", "close"]]);
    assert.deepEqual([controls.length, controls.isChunked], [undefined, false]);
  });
});

describe("the framing of a request", () => {
  const framing = (lines: Lines): Framing => requestFraming(accepted(lines));

  test("follows its fields, and is no body without them", () => {
    assert.deepEqual(framing([]), { kind: "none" });
    assert.deepEqual(framing([["Content-Length", "0"]]), { kind: "none" });
    assert.deepEqual(framing([["Content-Length", "7"]]), { kind: "length", length: 7 });
    assert.deepEqual(framing([["Transfer-Encoding", "chunked"]]), { kind: "chunked" });
  });
});

describe("the framing of a response", () => {
  const framing = (lines: Lines, status = 200, method = "GET"): Framing =>
    responseFraming(accepted(lines), status, method);

  test("follows its fields, and lasts until close without them", () => {
    assert.deepEqual(framing([]), { kind: "close" });
    assert.deepEqual(framing([["Content-Length", "0"]]), { kind: "none" });
    assert.deepEqual(framing([["Content-Length", "7"]]), { kind: "length", length: 7 });
    assert.deepEqual(framing([["Transfer-Encoding", "chunked"]]), { kind: "chunked" });
  });

  test("is none for HEAD, 204 and 304, whatever the fields say (U8)", () => {
    const sections: readonly Lines[] = [
      [["Content-Length", "7"]],
      [["Transfer-Encoding", "chunked"]],
      [],
    ];
    for (const lines of sections) {
      assert.deepEqual(framing(lines, 200, "HEAD"), { kind: "none" });
      assert.deepEqual(framing(lines, 204), { kind: "none" });
      assert.deepEqual(framing(lines, 304), { kind: "none" });
    }
  });
});
