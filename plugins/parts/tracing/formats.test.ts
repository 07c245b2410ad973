import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { FakeGateway } from "@sluice/plugin-sdk/testing";
import type { FieldsInit } from "@sluice/plugin-sdk/testing";

import { FORMAT_NAMES, FORMATS } from "./formats.ts";
import type { FormatName } from "./formats.ts";
import type { OutgoingContext } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const CONTEXT: OutgoingContext = {
  traceId: TRACE,
  spanId: SPAN,
  parentId: "b7ad6b7169203331",
  isSampled: true,
  state: undefined,
  isShort: false,
};

function requestWith(headers: FieldsInit) {
  return new FakeGateway().begin({ headers }).request;
}

describe("a format", () => {
  for (const name of FORMAT_NAMES) {
    for (const isSampled of [true, false]) {
      test(`${name} reads what it writes, ${isSampled ? "" : "not "}sampled`, () => {
        const request = requestWith({});
        FORMATS[name].inject(request, { ...CONTEXT, isSampled }, []);
        assert.deepEqual(FORMATS[name].extract(request), {
          traceId: TRACE,
          spanId: SPAN,
          isSampled,
        });
        const known = new Set(FORMATS[name].headers);
        assert.deepEqual(
          request.headerNames().filter((header) => !known.has(header)),
          requestWith({}).headerNames(),
        );
      });
    }

    test(`${name} finds nothing in a request that has nothing of it`, () => {
      assert.equal(FORMATS[name].extract(requestWith({})), undefined);
    });
  }

  const written: readonly (readonly [FormatName, string, string])[] = [
    ["w3c", "traceparent", `00-${TRACE}-${SPAN}-01`],
    ["b3", "x-b3-parentspanid", "b7ad6b7169203331"],
    ["b3-single", "b3", `${TRACE}-${SPAN}-1-b7ad6b7169203331`],
    ["jaeger", "uber-trace-id", `${TRACE}:${SPAN}:b7ad6b7169203331:01`],
    ["ot", "ot-tracer-traceid", TRACE],
    ["datadog", "x-datadog-trace-id", "11803532876627986230"],
    ["datadog", "x-datadog-tags", "_dd.p.tid=4bf92f3577b34da6"],
    [
      "aws",
      "x-amzn-trace-id",
      "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1",
    ],
    ["gcp", "x-cloud-trace-context", `${TRACE}/67667974448284343;o=1`],
  ];
  for (const [name, header, value] of written) {
    test(`${name} writes ${header}`, () => {
      const request = requestWith({});
      FORMATS[name].inject(request, CONTEXT, []);
      assert.equal(request.header(header), value);
    });
  }

  test("b3 and jaeger write short ids where they came short", () => {
    for (const name of ["b3", "jaeger"] as const) {
      const request = requestWith({});
      const traceId = `${"0".repeat(16)}a3ce929d0e0e4736`;
      FORMATS[name].inject(request, { ...CONTEXT, traceId, isShort: true }, []);
      const header = name === "b3" ? "x-b3-traceid" : "uber-trace-id";
      assert.match(request.header(header) ?? "", /^a3ce929d0e0e4736(:|$)/);
    }
  });
});

describe("a format leaves nothing of what came in it", () => {
  const short = { ...CONTEXT, traceId: `${"0".repeat(16)}a3ce929d0e0e4736` };
  const left: readonly (readonly [FormatName, string, string, OutgoingContext])[] = [
    ["w3c", "tracestate", "a=1", CONTEXT],
    ["b3", "x-b3-flags", "1", CONTEXT],
    ["datadog", "x-datadog-tags", "_dd.p.tid=4bf92f3577b34da6", short],
  ];
  for (const [name, header, value, context] of left) {
    test(`${name}: ${header}`, () => {
      const request = requestWith({ [header]: value });
      FORMATS[name].inject(request, context, [header]);
      assert.equal(request.header(header), undefined);
    });
  }

  test("w3c: tracestate, when there is another", () => {
    const request = requestWith({ tracestate: "a=1" });
    FORMATS.w3c.inject(request, { ...CONTEXT, state: "b=2" }, ["tracestate"]);
    assert.deepEqual(request.headers("tracestate"), ["b=2"]);
  });
});

describe("what is not valid is as if it were not there", () => {
  const broken: readonly (readonly [FormatName, FieldsInit])[] = [
    ["w3c", { traceparent: `ff-${TRACE}-${SPAN}-01` }],
    ["w3c", { traceparent: `00-${TRACE}-${SPAN}-01-more` }],
    ["w3c", { traceparent: `00-${"0".repeat(32)}-${SPAN}-01` }],
    ["w3c", { traceparent: `00-${TRACE}-${"0".repeat(16)}-01` }],
    ["w3c", { traceparent: `00-${TRACE.toUpperCase()}-${SPAN}-01` }],
    [
      "w3c",
      [
        ["traceparent", `00-${TRACE}-${SPAN}-01`],
        ["traceparent", `00-${TRACE}-${SPAN}-01`],
      ],
    ],
    ["b3", { "x-b3-traceid": TRACE }],
    ["b3", { "x-b3-traceid": "xyz", "x-b3-spanid": SPAN }],
    ["b3-single", { b3: `${TRACE}` }],
    ["jaeger", { "uber-trace-id": `${TRACE}:${SPAN}:0:zz` }],
    ["ot", { "ot-tracer-traceid": `${TRACE}00`, "ot-tracer-spanid": SPAN }],
    ["datadog", { "x-datadog-trace-id": "99999999999999999999" }],
    ["datadog", { "x-datadog-trace-id": "-1" }],
    ["aws", { "x-amzn-trace-id": "Root=1-4bf92f35-short;Parent=1" }],
    ["gcp", { "x-cloud-trace-context": `${TRACE}/1;o=9` }],
  ];
  for (const [name, headers] of broken) {
    test(`${name}: ${JSON.stringify(headers)}`, () => {
      assert.equal(FORMATS[name].extract(requestWith(headers)), undefined);
    });
  }
});

describe("b3", () => {
  test("may send a decision alone", () => {
    assert.deepEqual(FORMATS.b3.extract(requestWith({ "x-b3-sampled": "0" })), {
      traceId: undefined,
      isSampled: false,
    });
    assert.deepEqual(FORMATS["b3-single"].extract(requestWith({ b3: "d" })), {
      traceId: undefined,
      isSampled: true,
    });
  });
});

describe("L3 tracestate", () => {
  const parent = `00-${TRACE}-${SPAN}-01`;
  const stateOf = (...lines: readonly string[]): unknown => {
    const headers = [["traceparent", parent], ...lines.map((line) => ["tracestate", line])];
    const found = FORMATS.w3c.extract(requestWith(headers as [string, string][]));
    return found?.traceId === undefined ? undefined : found.state;
  };

  test("of several lines is one", () => {
    assert.equal(stateOf("a=1, b=2", "c=3"), "a=1,b=2,c=3");
  });

  for (const [what, state] of [
    ["33 members", Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(",")],
    ["more than 512 characters", `a=${"x".repeat(250)},b=${"x".repeat(250)},c=${"x".repeat(20)}`],
    ["a member without a value", "a=1,b"],
    ["a key that is none", "A=1"],
  ] as const) {
    test(`with ${what} is dropped, and the trace goes on`, () => {
      assert.equal(stateOf(state), undefined);
    });
  }
});
