import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exchangeOf, fieldsOf, linesOf } from "../exchange.testing.ts";
import type { ExchangeParts } from "../exchange.testing.ts";
import type { Exchange } from "../exchange.ts";
import type { Framing } from "../http1/framing.ts";
import { frameRequest, frameResponse } from "./new-framing.ts";

const FIVE: Framing = { kind: "length", length: 5 };

function request(framing: Framing, ...lines: readonly string[]): Exchange {
  return exchangeOf({ framing, fields: fieldsOf("A: 1", ...lines, "B: 2") });
}

function response(framing: Framing, parts: ExchangeParts & { status?: number } = {}): Exchange {
  const exchange = exchangeOf(parts);
  exchange.status = parts.status ?? 200;
  exchange.responseFields = fieldsOf("A: 1", "Content-Length: 5", "B: 2");
  exchange.responseFraming = framing;
  return exchange;
}

describe("a request", () => {
  test("whose body may change in length goes in chunks, and says no length", () => {
    for (const exchange of [request(FIVE, "Content-Length: 5"), request({ kind: "chunked" })]) {
      frameRequest(exchange, undefined);
      assert.deepEqual(exchange.requestFraming, { kind: "chunked" });
      assert.deepEqual(linesOf(exchange.requestFields), ["A: 1", "B: 2"]);
    }
  });

  test("with a new body says its length, once", () => {
    for (const exchange of [
      request(FIVE, "Content-Length: 5"),
      request({ kind: "chunked" }),
      request({ kind: "none" }),
    ]) {
      frameRequest(exchange, 12);
      assert.deepEqual(exchange.requestFraming, { kind: "length", length: 12 });
      assert.deepEqual(linesOf(exchange.requestFields), ["A: 1", "B: 2", "Content-Length: 12"]);
    }
  });

  test("whose body is taken away says 0; one that never had any says nothing", () => {
    const emptied = request(FIVE, "Content-Length: 5");
    frameRequest(emptied, 0);
    assert.deepEqual(emptied.requestFraming, { kind: "none" });
    assert.equal(emptied.requestFields.get("content-length"), "0");
    const empty = request({ kind: "none" });
    frameRequest(empty, 0);
    assert.equal(empty.requestFields.get("content-length"), undefined);
  });
});

describe("a response", () => {
  test("whose body may change in length says none", () => {
    const exchange = response(FIVE);
    frameResponse(exchange, undefined);
    assert.deepEqual(exchange.responseFraming, { kind: "chunked" });
    assert.deepEqual(linesOf(exchange.responseFields), ["A: 1", "B: 2"]);
    const untilClose = response({ kind: "close" });
    frameResponse(untilClose, undefined);
    assert.deepEqual(untilClose.responseFraming, { kind: "close" });
  });

  test("with a new body says its length, once, even where there was none", () => {
    for (const framing of [
      FIVE,
      { kind: "chunked" },
      { kind: "close" },
      { kind: "none" },
    ] as const) {
      const exchange = response(framing);
      frameResponse(exchange, 12);
      assert.deepEqual(exchange.responseFraming, { kind: "length", length: 12 });
      assert.deepEqual(exchange.responseFields.all("content-length"), ["12"]);
    }
    const emptied = response(FIVE);
    frameResponse(emptied, 0);
    assert.deepEqual(emptied.responseFraming, { kind: "none" });
    assert.equal(emptied.responseFields.get("content-length"), "0");
  });

  test("to HEAD, with 204 or 304 gets no body, whatever a plugin makes", () => {
    for (const parts of [{ method: "HEAD" }, { status: 204 }, { status: 304 }]) {
      const exchange = response({ kind: "none" }, parts);
      frameResponse(exchange, 12);
      assert.deepEqual(exchange.responseFraming, { kind: "none" });
    }
  });
});
