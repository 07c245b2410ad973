import assert from "node:assert/strict";
import { test } from "node:test";

import type { FinishedSpan } from "../parts/tracing/spans.ts";
import { resourceSpansJson } from "./otlp-json.ts";
import { exportRequest } from "./otlp-protobuf.ts";
import { MessageWriter } from "./protobuf-writer.ts";

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
  assert.deepEqual(JSON.parse(resourceSpansJson({ "service.name": "gw" }, [SPAN])), {
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
  const text = resourceSpansJson({}, [{ ...SPAN, parentId: undefined, isError: false }]);
  assert.doesNotMatch(text, /parentSpanId|status/);
});

test("protobuf has the bytes that its specification says", () => {
  assert.equal(hex(new MessageWriter().varint(1, 150).finish()), "089601");
  assert.equal(hex(new MessageWriter().text(2, "testing").finish()), "120774657374696e67");
  assert.equal(hex(new MessageWriter().varint(1, -2).finish()), "08feffffffffffffffff01");
  assert.equal(hex(new MessageWriter().fixed64(1, 1n).finish()), "090100000000000000");
  assert.equal(
    hex(new MessageWriter().message(3, (inner) => inner.varint(1, 150)).finish()),
    "1a03089601",
  );
});

test("requests one after the other are one request of all their spans", () => {
  const one = exportRequest({ a: "b" }, [SPAN]);
  const two = exportRequest({ a: "b" }, [{ ...SPAN, name: "other" }]);
  assert.equal(one[0], 0x0a);
  assert.equal(two[0], 0x0a);
  assert.ok(hex(one).includes(SPAN.traceId) && hex(one).includes(SPAN.spanId));
});
