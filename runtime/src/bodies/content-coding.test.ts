import assert from "node:assert/strict";
import { test } from "node:test";
import { exchangeOf } from "../exchange.testing.ts";
import type { Exchange } from "../exchange.ts";
import { Fields } from "../http1/fields.ts";
import { mayEncode, stateCoding } from "./content-coding.ts";

function answered(
  status: number,
  length: number,
  fields: Readonly<Record<string, string>>,
): Exchange {
  const exchange = exchangeOf({});
  exchange.status = status;
  exchange.responseFields = new Fields();
  exchange.responseFraming = { kind: "length", length };
  for (const [name, value] of Object.entries(fields)) exchange.responseFields.add(name, value);
  return exchange;
}

test("a plain body may be encoded", () => {
  assert.equal(mayEncode(answered(200, 5, {})), true);
  assert.equal(mayEncode(answered(200, 5, { "Content-Encoding": "identity" })), true);
  assert.equal(mayEncode(answered(200, 5, { "Cache-Control": "no-transformers" })), true);
});

test("what is partial, encoded, fixed or empty may not", () => {
  for (const exchange of [
    answered(206, 5, {}),
    answered(204, 5, {}),
    answered(304, 5, {}),
    answered(200, 0, {}),
    answered(200, 5, { "Content-Range": "bytes 0-4/9" }),
    answered(200, 5, { "Content-Encoding": "gzip" }),
    answered(200, 5, { "Cache-Control": "max-age=1,No-Transform" }),
  ]) {
    assert.equal(mayEncode(exchange), false);
  }
});

test("the head says nothing of the bytes before", () => {
  const exchange = answered(200, 5, {
    "Content-Length": "5",
    ETag: '"a"',
    "Accept-Ranges": "bytes",
    "Content-MD5": "x",
    "X-Other": "1",
  });
  stateCoding(exchange, "br");
  const { responseFields, responseFraming } = exchange;
  assert.equal(responseFields.get("content-encoding"), "br");
  assert.equal(responseFields.get("etag"), 'W/"a"');
  assert.equal(responseFields.get("x-other"), "1");
  for (const name of ["content-length", "accept-ranges", "content-md5"]) {
    assert.equal(responseFields.get(name), undefined, name);
  }
  assert.equal(responseFraming?.kind, "chunked");
});
