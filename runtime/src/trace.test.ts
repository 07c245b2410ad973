import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Trace, readTraceParent } from "./trace.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const VALID = `00-${TRACE}-${PARENT}-01`;

interface Shown {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly sampled: boolean;
  readonly spans: readonly Record<string, unknown>[];
}

function shown(trace: Trace): Shown {
  return JSON.parse(JSON.stringify(trace)) as Shown; // See ABI.md.
}

function started(trace: Trace, parent = 0, name = "name"): number {
  const span = trace.start("p", parent, name, 0);
  assert.equal(typeof span, "number");
  return Number(span);
}

describe("traceparent", () => {
  test("gives trace, span and whether it is sampled", () => {
    const [traceId, spanId] = [TRACE, PARENT];
    assert.deepEqual(readTraceParent(VALID), { traceId, spanId, isSampled: true });
    assert.equal(readTraceParent(`00-${TRACE}-${PARENT}-fe`)?.isSampled, false);
  });

  test("of a later version is read as far as it is known", () => {
    assert.equal(readTraceParent(`cc-${TRACE}-${PARENT}-01-more`)?.traceId, TRACE);
    assert.equal(readTraceParent(`cc-${TRACE}-${PARENT}-01`)?.traceId, TRACE);
  });

  for (const value of [
    "",
    `${VALID}-more`,
    `${VALID} `,
    `${VALID}.`,
    `cc-${TRACE}-${PARENT}-01.more`,
    `ff-${TRACE}-${PARENT}-01`,
    `0-${TRACE}-${PARENT}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.slice(1)}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}-${PARENT}`,
  ]) {
    test(`${JSON.stringify(value)} is none`, () => assert.equal(readTraceParent(value), undefined));
  }
});

describe("a trace", () => {
  test("goes on with the client's, under a span of its own", () => {
    const { trace_id, parent_id, span_id, sampled } = shown(new Trace([VALID]));
    assert.deepEqual([trace_id, parent_id, sampled], [TRACE, PARENT, true]);
    assert.match(span_id, /^(?!0+$)[0-9a-f]{16}$/);
    assert.notEqual(span_id, PARENT);
  });

  test("begins here when the client says nothing, nonsense, or two things", () => {
    for (const parents of [[], ["nonsense"], [VALID, VALID]]) {
      const { trace_id, parent_id, sampled } = shown(new Trace(parents));
      assert.match(trace_id, /^(?!0+$)[0-9a-f]{32}$/);
      assert.notEqual(trace_id, TRACE);
      assert.deepEqual([parent_id, sampled], [null, true]);
    }
  });

  test("has spans in spans, with attributes, and times in ns since 1970", () => {
    const trace = new Trace([VALID]);
    const outer = Number(trace.start("p", 0, "outer", 1.25));
    const inner = Number(trace.start("q", outer, "inner", 2));
    trace.set(inner, "key", "old");
    trace.set(inner, "key", "value");
    assert.equal(trace.end(inner, true, 2.000001), true);
    const { spans, span_id } = shown(trace);
    assert.equal(trace.hasSpans, true);
    assert.deepEqual(
      spans.map(({ name, plugin, is_error, attributes }) => [name, plugin, is_error, attributes]),
      [
        ["outer", "p", false, {}],
        ["inner", "q", true, { key: "value" }],
      ],
    );
    assert.equal(spans[0]?.["parent_id"], span_id);
    assert.equal(spans[1]?.["parent_id"], spans[0]?.["span_id"]);
    assert.equal(spans[0]?.["end_ns"], null);
    const [start, end, outerStart] = [
      spans[1]?.["start_ns"],
      spans[1]?.["end_ns"],
      spans[0]?.["start_ns"],
    ];
    assert.equal(BigInt(String(end)) - BigInt(String(start)), 1n);
    assert.equal(BigInt(String(start)) - BigInt(String(outerStart)), 750_000n);
    const startMs = Number(BigInt(String(start)) / 1_000_000n);
    assert.ok(Math.abs(startMs - (performance.timeOrigin + 2)) < 2);
  });

  test("has at most 64 spans with 32 attributes each, all of them bounded", () => {
    const trace = new Trace([]);
    for (let n = 0; n < 64; n++) started(trace);
    assert.equal(trace.start("p", 0, "one more", 0), "full");
    for (let n = 0; n < 32; n++) assert.equal(trace.set(1, `key ${n}`, "v"), undefined);
    assert.equal(trace.set(1, "one more", "v"), "full");
    assert.equal(trace.set(1, "key 5", "x".repeat(5000)), undefined);
    const attributes = shown(trace).spans[0]?.["attributes"] as Record<string, string>;
    assert.equal(attributes["key 5"]?.length, 1024);
    const long = new Trace([]);
    started(long, 0, "n".repeat(1000));
    assert.equal(String(shown(long).spans[0]?.["name"]).length, 256);
  });

  test("knows no spans that are not there or have ended", () => {
    const trace = new Trace([]);
    assert.equal(trace.start("p", 1, "name", 0), "unknown");
    assert.equal(trace.hasSpans, false);
    const span = started(trace);
    assert.equal(trace.end(span, false, 1), true);
    assert.equal(trace.end(span, true, 2), false);
    assert.equal(trace.set(span, "a", "b"), "unknown");
    for (const number of [0, -1, 2, 1.5]) assert.equal(trace.end(number, false, 1), false);
    started(trace, span);
  });
});
