import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { AttributeValue, FinishedSpan } from "../parts/tracing/spans.ts";
import { jsonWriter } from "./otlp-json.ts";
import { protobufWriter } from "./otlp-protobuf.ts";
import { bytesField, doubleField, fixed64Field, textField, varintField } from "./protobuf.ts";

const SPAN: FinishedSpan = {
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  parentId: "eee19b7ec3c1b173",
  name: "GET orders",
  kind: "server",
  startNs: 1_544_712_660_000_000_000n,
  endNs: 1_544_712_661_000_000_000n,
  isError: true,
  attributes: { text: "ü", yes: true, whole: 503, part: 0.5 },
  peer: undefined,
};

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

test("JSON has ids in hex, times and whole numbers as strings", () => {
  assert.deepEqual(JSON.parse(jsonWriter({ "service.name": "gw" })([SPAN])), {
    resource: { attributes: [{ key: "service.name", value: { stringValue: "gw" } }] },
    scopeSpans: [
      {
        scope: { name: "sluice" },
        spans: [
          {
            traceId: SPAN.traceId,
            spanId: SPAN.spanId,
            parentSpanId: SPAN.parentId,
            name: "GET orders",
            kind: 2,
            startTimeUnixNano: "1544712660000000000",
            endTimeUnixNano: "1544712661000000000",
            attributes: [
              { key: "text", value: { stringValue: "ü" } },
              { key: "yes", value: { boolValue: true } },
              { key: "whole", value: { intValue: "503" } },
              { key: "part", value: { doubleValue: 0.5 } },
            ],
            status: { code: 2 },
          },
        ],
      },
    ],
  });
});

test("a span without parent and fault has neither field", () => {
  const text = jsonWriter({})([{ ...SPAN, parentId: undefined, isError: false }]);
  assert.doesNotMatch(text, /parentSpanId|status/);
});

describe("protobuf has the bytes that its specification says", () => {
  test("for numbers, also negative ones", () => {
    assert.equal(varintField(1, 150), "089601");
    assert.equal(varintField(1, -2), "08feffffffffffffffff01");
    assert.equal(varintField(1, Number.MAX_SAFE_INTEGER), "08ffffffffffffff0f");
    assert.equal(fixed64Field(1, 1n), "090100000000000000");
    assert.equal(doubleField(1, 0.5), "09000000000000e03f");
  });

  test("for text and bytes", () => {
    assert.equal(textField(2, "testing"), "120774657374696e67");
    assert.equal(textField(2, "ü"), "1202c3bc");
    assert.equal(bytesField(15, "00ff7f"), "7a0300ff7f");
  });

  test("for a message in another one", () => {
    assert.equal(bytesField(3, varintField(1, 150)), "1a03089601");
  });

  for (const [bytes, length] of [
    [0, "00"],
    [127, "7f"],
    [128, "8001"],
    [16_383, "ff7f"],
    [16_384, "808001"],
  ] as const) {
    test(`for a message of ${bytes} bytes`, () => {
      const field = bytesField(1, "ab".repeat(bytes));
      assert.ok(field === `0a${length}${"ab".repeat(bytes)}`, `begins with ${field.slice(0, 12)}`);
    });
  }
});

test("a span's protobuf has its fields, and those alone", () => {
  const span = { ...SPAN, name: "a", attributes: { b: true } };
  assert.equal(
    hex(protobufWriter({ c: "d" })([span])),
    [
      "0a64", // resource_spans
      "0a0a0a080a016312030a0164", // resource: c is d
      "1256", // scope_spans
      "0a080a06736c75696365", // scope
      "124a", // span
      `0a10${SPAN.traceId}1208${SPAN.spanId}2208${SPAN.parentId}`,
      "2a01613002", // name, kind
      "39004859e3faeb6f15410012f41efbeb6f15", // start, end
      "4a070a016212021001", // b is true
      "7a021802", // an error
    ].join(""),
  );
});

test("an attribute has its own value, also after another one, and no other's", () => {
  const write = protobufWriter({});
  const spanWith = (value: AttributeValue): FinishedSpan => ({ ...SPAN, attributes: { k: value } });
  for (const [value, field] of [
    ["1", "0a0131"],
    [1, "1801"],
    [1, "1801"],
    [true, "1001"],
    [1, "1801"],
    ["1", "0a0131"],
    [0.5, "21000000000000e03f"],
    ["", "0a00"],
    [false, "1000"],
    [0, "1800"],
  ] as const) {
    const attribute = bytesField(9, `0a016b${bytesField(2, field)}`);
    assert.ok(hex(write([spanWith(value)])).includes(attribute), `${value}`);
  }
});

test("requests one after the other are one request of all their spans", () => {
  const write = protobufWriter({ a: "b" });
  const one = write([SPAN]);
  const two = write([{ ...SPAN, name: "other" }]);
  assert.equal(one[0], 0x0a);
  assert.equal(two[0], 0x0a);
  assert.ok(hex(one).includes(SPAN.traceId) && hex(one).includes(SPAN.spanId));
});
