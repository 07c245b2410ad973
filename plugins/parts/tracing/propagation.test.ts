import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { MutableRequest } from "@sluice/plugin-sdk";
import { FakeGateway } from "@sluice/plugin-sdk/testing";

import { extract, inject, limitBaggage, NOTHING, propagationOf } from "./propagation.ts";
import type { Propagation } from "./propagation.ts";
import { isSampled } from "./sampling.ts";
import type { SamplingStrategy } from "./sampling.ts";
import { FORMAT_NAMES, FORMATS } from "./formats.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const OUT = {
  traceId: TRACE,
  spanId: "b7ad6b7169203331",
  parentId: SPAN,
  isSampled: true,
  state: undefined,
  isShort: false,
};

const CONFIG = {
  extract: [...FORMAT_NAMES],
  clear: [],
  inject: ["preserve"],
  default_format: "w3c",
} as const;

function propagation(parts: Partial<Parameters<typeof propagationOf>[1]> = {}): Propagation {
  return propagationOf(undefined, { ...CONFIG, ...parts });
}

function request(headers: Record<string, string>) {
  return new FakeGateway().begin({ headers }).request;
}

const B3 = { "x-b3-traceid": TRACE, "x-b3-spanid": SPAN };

describe("extracting", () => {
  test("takes the first format of the list that the request has", () => {
    const both = request({ ...B3, traceparent: `00-${SPAN}${SPAN}-${SPAN}-01` });
    assert.equal(extract(both, propagation()).found?.format, "w3c");
    assert.equal(extract(both, propagation({ extract: ["jaeger", "b3"] })).found?.format, "b3");
    assert.equal(extract(both, propagation({ extract: [] })).found, undefined);
  });

  test("prefers a whole context to a decision alone", () => {
    const mixed = request({ b3: "0", traceparent: `00-${TRACE}-${SPAN}-01` });
    const { found } = extract(mixed, propagation({ extract: ["b3-single", "w3c"] }));
    assert.equal(found?.format, "w3c");
  });

  test("finds nothing in a request that has headers of other kinds", () => {
    assert.equal(
      extract(request({ accept: "*/*", "x-b4-traceid": TRACE }), propagation()),
      NOTHING,
    );
  });

  test("sees each header of each format, whatever case it has", () => {
    for (const name of FORMAT_NAMES.flatMap((format) => FORMATS[format].headers)) {
      const { headers } = extract(request({ [name.toUpperCase()]: "1" }), propagation());
      assert.deepEqual(headers, [name]);
    }
  });
});

/** Reads, and writes what goes upstream. */
function pass(message: MutableRequest, parts: Parameters<typeof propagation>[0] = {}): void {
  const prepared = propagation(parts);
  inject(message, prepared, extract(message, prepared), OUT);
}

describe("injecting", () => {
  test("preserves the format that came, or takes the default one", () => {
    const came = request(B3);
    pass(came);
    assert.equal(came.header("x-b3-spanid"), OUT.spanId);
    assert.equal(came.header("traceparent"), undefined);
    const fresh = request({});
    pass(fresh, { default_format: "gcp" });
    assert.match(fresh.header("x-cloud-trace-context") ?? "", /^4bf92f/);
  });

  test("in another format leaves no header that names another parent", () => {
    const came = request({ ...B3, "x-b3-flags": "1" });
    pass(came, { inject: ["w3c", "jaeger"] });
    assert.deepEqual(
      came.headerNames().filter((name) => name.startsWith("x-b3")),
      [],
    );
    assert.equal(came.header("traceparent"), `00-${TRACE}-${OUT.spanId}-01`);
    assert.match(came.header("uber-trace-id") ?? "", /^4bf92f/);
  });

  test("leaves headers of formats that are neither read nor written", () => {
    const came = request({ ...B3, traceparent: `00-${TRACE}-${SPAN}-01` });
    pass(came, { extract: ["w3c"] });
    assert.equal(came.header("x-b3-spanid"), SPAN);
  });

  test("does not let a tracestate go on whose traceparent is none", () => {
    const came = request({ traceparent: "nonsense", tracestate: "a=1" });
    pass(came);
    assert.equal(came.header("tracestate"), undefined);
    assert.equal(came.header("traceparent"), `00-${TRACE}-${OUT.spanId}-01`);
  });

  test("nothing leaves everything as it came, and clear takes away what it names", () => {
    const came = request({ ...B3, "x-team": "red" });
    pass(came, { inject: [], clear: ["X-Team"] });
    assert.equal(came.header("x-b3-spanid"), SPAN);
    assert.equal(came.header("x-team"), undefined);
  });

  test("header_type stands for one format, or for believing nobody", () => {
    assert.deepEqual(propagationOf("jaeger", CONFIG).written.b3, [FORMATS.jaeger]);
    const ignored = propagationOf("ignore", { ...CONFIG, default_format: "ot" });
    assert.deepEqual([ignored.extract, ignored.written.b3], [[], [FORMATS.ot]]);
    assert.deepEqual(propagationOf("preserve", CONFIG), propagation());
  });
});

describe("L3 baggage", () => {
  for (const [what, baggage, goesOn] of [
    ["of a few members", "user=ann,tier=gold", true],
    ["of 10 KB", `a=${"x".repeat(10_000)}`, false],
    ["of 65 members", Array.from({ length: 65 }, (_, at) => `k${at}=1`).join(","), false],
  ] as const) {
    test(`${what} ${goesOn ? "goes on" : "does not"}`, () => {
      const message = request({ baggage });
      limitBaggage(message, extract(message, propagation()));
      assert.equal(message.header("baggage"), goesOn ? baggage : undefined);
    });
  }
});

describe("sampling", () => {
  const drop = "parent_drop_probability_fallback";
  const parent = "parent_probability_fallback";
  const decide = (
    said: boolean | undefined,
    strategy: SamplingStrategy,
    [ratio, chance]: readonly [ratio: number, chance: number],
  ): boolean => isSampled(said, { strategy, ratio }, () => chance);

  test("goes by the ratio where the caller says nothing", () => {
    assert.equal(decide(undefined, drop, [0.25, 0.2]), true);
    assert.equal(decide(undefined, drop, [0.25, 0.25]), false);
    assert.equal(decide(undefined, parent, [1, 0.999]), true);
    assert.equal(decide(undefined, parent, [0, 0]), false);
  });

  test("believes a caller that says no, and one that says yes only by its own strategy", () => {
    assert.equal(decide(false, drop, [1, 0]), false);
    assert.equal(decide(true, drop, [0, 0]), false);
    assert.equal(decide(true, parent, [0, 0.5]), true);
  });
});
