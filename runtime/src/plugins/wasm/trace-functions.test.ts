import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "@sluice/plugin-sdk/abi";
import { exchangeOf, fieldsOf } from "../../exchange.testing.ts";
import type { Exchange } from "../../exchange.ts";
import { TestGuest } from "./host-functions.testing.ts";
import { traceFunctions } from "./trace-functions.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** Functions of one plugin in a call for the exchange, with texts for pointers. */
function tracing(plugin: string, exchange: Exchange) {
  const guest = new TestGuest({ plugin });
  const functions = traceFunctions(guest.options);
  const request = guest.call.begin("access", 0, exchange, Infinity);
  return {
    guest,
    start: (parent: number, name: string) =>
      functions.span_start(0, request, parent, ...guest.text(name)),
    set: (span: number, key: string, value: string) =>
      functions.span_set(0, request, span, ...guest.text(key), ...guest.text(value)),
    end: (span: number, isError: number) => functions.span_end(0, request, span, isError),
    get: () => guest.read(functions.trace_get(0, request, ...guest.result)),
  };
}

test("plugins of one request measure on one trace, which is the client's", () => {
  const parent = `00-${TRACE}-00f067aa0ba902b7-01`;
  const exchange = exchangeOf({ fields: fieldsOf(`traceparent: ${parent}`) });
  const [one, two] = [tracing("one", exchange), tracing("two", exchange)];
  const outer = one.start(0, "outer");
  const inner = two.start(outer, "innér");
  assert.equal(two.set(inner, "key", "ü"), 0);
  assert.equal(two.end(inner, 1), 0);
  assert.equal(one.end(outer, 0), 0);
  const trace = JSON.parse(String(one.get())) as {
    trace_id: string;
    spans: Record<string, unknown>[];
  };
  assert.equal(trace.trace_id, TRACE);
  assert.deepEqual(
    trace.spans.map((span) => [span["plugin"], span["name"], span["is_error"], span["attributes"]]),
    [
      ["one", "outer", false, {}],
      ["two", "innér", true, { key: "ü" }],
    ],
  );
});

test("faults say what is unknown and what is full", () => {
  const { start, set, end } = tracing("p", exchangeOf());
  assert.equal(start(1, "no parent"), Fault.badHandle);
  for (let n = 1; n <= 64; n++) assert.equal(start(0, "span"), n);
  assert.equal(start(0, "one more"), Fault.limit);
  for (let n = 0; n < 32; n++) assert.equal(set(1, `key ${n}`, ""), 0);
  assert.equal(set(1, "one more", ""), Fault.limit);
  assert.equal(end(1, 0), 0);
  assert.equal(end(1, 0), Fault.badHandle);
  assert.equal(set(1, "key", ""), Fault.badHandle);
});

test("a request that has ended has no trace any more", () => {
  const { guest, start, set, end, get } = tracing("p", exchangeOf());
  guest.call.end();
  assert.deepEqual([start(0, "a"), set(1, "a", "b"), end(1, 0), get()], [-2, -2, -2, -2]);
});
