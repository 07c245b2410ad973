import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { FakeGateway } from "@sluice/plugin-sdk/testing";

import { extract, inject, limitBaggage, propagationOf } from "./propagation.ts";
import type { Propagation } from "./propagation.ts";
import { isSampled } from "./sampling.ts";
import type { SamplingStrategy } from "./sampling.ts";
import { FORMAT_NAMES } from "./formats.ts";

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

function propagation(parts: Partial<Propagation> = {}): Propagation {
  return {
    extract: [...FORMAT_NAMES],
    clear: [],
    inject: ["preserve"],
    default_format: "w3c",
    ...parts,
  };
}

function request(headers: Record<string, string>) {
  return new FakeGateway().begin({ headers }).request;
}

const B3 = { "x-b3-traceid": TRACE, "x-b3-spanid": SPAN };

describe("extracting", () => {
  test("takes the first format of the list that the request has", () => {
    const both = request({ ...B3, traceparent: `00-${SPAN}${SPAN}-${SPAN}-01` });
    assert.equal(extract(both, propagation())?.format, "w3c");
    assert.equal(extract(both, propagation({ extract: ["jaeger", "b3"] }))?.format, "b3");
    assert.equal(extract(both, propagation({ extract: [] })), undefined);
  });

  test("prefers a whole context to a decision alone", () => {
    const mixed = request({ b3: "0", traceparent: `00-${TRACE}-${SPAN}-01` });
    const found = extract(mixed, propagation({ extract: ["b3-single", "w3c"] }));
    assert.equal(found?.format, "w3c");
  });
});

describe("injecting", () => {
  test("preserves the format that came, or takes the default one", () => {
    const came = request(B3);
    inject(came, propagation(), "b3", OUT);
    assert.equal(came.header("x-b3-spanid"), OUT.spanId);
    assert.equal(came.header("traceparent"), undefined);
    const fresh = request({});
    inject(fresh, propagation({ default_format: "gcp" }), undefined, OUT);
    assert.match(fresh.header("x-cloud-trace-context") ?? "", /^4bf92f/);
  });

  test("in another format leaves no header that names another parent", () => {
    const came = request(B3);
    inject(came, propagation({ inject: ["w3c", "jaeger"] }), "b3", OUT);
    assert.equal(came.header("x-b3-traceid"), undefined);
    assert.equal(came.header("traceparent"), `00-${TRACE}-${OUT.spanId}-01`);
    assert.match(came.header("uber-trace-id") ?? "", /^4bf92f/);
  });

  test("nothing leaves everything as it came, and clear takes away what it names", () => {
    const came = request({ ...B3, "x-team": "red" });
    inject(came, propagation({ inject: [], clear: ["X-Team"] }), "b3", OUT);
    assert.equal(came.header("x-b3-spanid"), SPAN);
    assert.equal(came.header("x-team"), undefined);
  });

  test("header_type stands for one format, or for believing nobody", () => {
    assert.deepEqual(propagationOf("jaeger", propagation()).inject, ["jaeger"]);
    assert.deepEqual(propagationOf("ignore", propagation()).extract, []);
    assert.deepEqual(propagationOf("preserve", propagation()), propagation());
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
      limitBaggage(message);
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
  ): boolean => isSampled({ parent: said, strategy, ratio, chance });

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
