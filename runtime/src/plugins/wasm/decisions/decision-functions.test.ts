// What host functions record, and that what is recorded does the same to another request.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fault,
  FieldKind,
  HOST_FUNCTIONS,
  NumberProperty,
  Property,
  REPEATABLE_FUNCTIONS,
  SetMode,
} from "@sluice/plugin-sdk/abi";
import { exchangeOf, fieldsOf, linesOf } from "../../../exchange.testing.ts";
import type { Exchange } from "../../../exchange.ts";
import { fieldFunctions } from "../field-functions.ts";
import { TestGuest } from "../host-functions.testing.ts";
import { propertyFunctions } from "../property-functions.ts";
import { decisionFunctions, spoiling } from "./decision-functions.ts";
import { Decisions } from "./decisions.ts";
import { Recording } from "./recording.ts";

function requestOf(query: string, ...lines: readonly string[]): Exchange {
  const exchange = exchangeOf({ fields: fieldsOf("Host: a", ...lines) });
  exchange.query = query;
  return exchange;
}

function recorded(exchange: Exchange) {
  const guest = new TestGuest();
  const decisions = new Decisions();
  decisions.want();
  const recording = decisions.record() ?? assert.fail("nothing is recorded");
  const request = guest.call.begin("access", 0, exchange, Infinity);
  guest.call.record(recording);
  const { memory, call, entries, plugin } = guest.options;
  const functions = {
    ...fieldFunctions(memory, call, entries),
    ...propertyFunctions(plugin, memory, call, entries),
    ...decisionFunctions(call, [{ access: decisions, log: decisions }]),
  };
  return { guest, request, functions, decisions, recording };
}

test("looks and changes are those of the next request with the same looks", () => {
  const first = requestOf("a=1&secret=x", "X-Who: alice", "X-Old: 1");
  const { guest, request, functions, decisions, recording } = recorded(first);
  const text = (value: string): [number, number] => guest.text(value);
  const { result } = guest;
  const kind = FieldKind.request;
  functions.field_get(0, request, kind, ...text("x-who"), 0, ...result);
  functions.fields_get(0, request, kind, ...text("x-none"), ...result);
  functions.property_get(0, request, Property.method, ...result);
  functions.query_get(0, request, ...text("a"), 0, ...result);
  functions.field_set(0, request, kind, ...text("X-Old"), ...text(""), SetMode.remove);
  functions.fields_set(0, request, kind, ...text("X-New\0n\0"), 1);
  functions.field_set(0, request, FieldKind.response, ...text("X-Out"), ...text("o"), SetMode.add);
  functions.query_set(0, request, ...text("secret"), ...text(""), SetMode.remove);
  assert.equal(functions.remember(0, request, Infinity), 0);
  decisions.keep(first.snapshot, recording);

  const like = requestOf("b=2&a=1&secret=y", "X-Old: 2", "X-Who: alice");
  assert.equal(decisions.repeat(like), true);
  assert.deepEqual(linesOf(like.requestFields), ["Host: a", "X-Who: alice", "X-New: n"]);
  assert.equal(like.query, "b=2&a=1");
  assert.deepEqual(
    like.responseEdits?.map(({ kind: edit, name, value }) => [edit, name.text, value]),
    [["add", "X-Out", "o"]],
  );
  for (const other of [
    requestOf("a=1", "X-Who: bob"),
    requestOf("a=2", "X-Who: alice"),
    requestOf("", "X-Who: alice"),
    requestOf("a=1", "X-Who: alice", "X-None: x"),
  ]) {
    const before = linesOf(other.requestFields);
    assert.equal(decisions.repeat(other), false);
    assert.deepEqual(linesOf(other.requestFields), before);
  }
});

test("what may see a change of the call itself spoils it, and nothing else does", () => {
  const kind = FieldKind.request;
  for (const [isGood, run] of [
    [
      true,
      ({ functions, request, text, out }) =>
        functions.field_get(0, request, kind, ...text("x-b"), 0, ...out),
    ],
    [
      false,
      ({ functions, request, text, out }) =>
        functions.field_get(0, request, kind, ...text("X-A"), 0, ...out),
    ],
    [
      false,
      ({ functions, request, text, out }) =>
        functions.fields_get(0, request, kind, ...text("x-a"), ...out),
    ],
    [false, ({ functions, request, out }) => functions.field_names(0, request, kind, ...out)],
    [
      false,
      ({ functions, request, text, out }) =>
        functions.query_get(0, request, ...text("b"), 0, ...out),
    ],
    [
      false,
      ({ functions, request, out }) => functions.property_get(0, request, Property.query, ...out),
    ],
    [
      true,
      ({ functions, request, out }) => functions.property_get(0, request, Property.method, ...out),
    ],
    [
      false,
      ({ functions, request, text }) =>
        functions.property_set(0, request, Property.path, ...text("/x")),
    ],
    [
      true,
      ({ functions, request, text }) =>
        functions.property_set(0, request, Property.method, ...text("PUT")),
    ],
  ] as [boolean, (of: Asked) => number][]) {
    const { guest, request, functions, recording } = recorded(requestOf("a=1"));
    const text = (value: string): [number, number] => guest.text(value);
    functions.field_set(0, request, kind, ...text("x-a"), ...text("1"), SetMode.replace);
    functions.query_set(0, request, ...text("a"), ...text(""), SetMode.remove);
    functions.remember(0, request, Infinity);
    run({ functions, request, text, out: guest.result });
    assert.equal(recording.isRepeatable, isGood, run.toString());
  }
});

interface Asked {
  readonly functions: ReturnType<typeof recorded>["functions"];
  readonly request: number;
  readonly text: (value: string) => [number, number];
  readonly out: [buffer: number, limit: number];
}

test("headers of the response are looked at and changed when it is there", () => {
  const response = (...lines: readonly string[]): Exchange => {
    const exchange = requestOf("");
    exchange.responseFields = fieldsOf(...lines);
    exchange.status = 200;
    return exchange;
  };
  const first = response("X-Kind: a");
  const { guest, functions, decisions, recording } = recorded(first);
  const request = guest.call.begin("header_filter", 0, first, Infinity);
  guest.call.record(recording);
  const kind = FieldKind.response;
  functions.field_get(0, request, kind, ...guest.text("x-kind"), 0, ...guest.result);
  functions.number_get(0, request, NumberProperty.status);
  functions.field_set(0, request, kind, ...guest.text("X-Seen"), ...guest.text("a"), SetMode.add);
  recording.untilMs = Infinity;
  decisions.keep(undefined, recording);
  const like = response("X-Kind: a", "X-Other: b");
  assert.equal(decisions.repeat(like), true);
  assert.deepEqual(linesOf(like.responseFields), ["X-Kind: a", "X-Other: b", "X-Seen: a"]);
  assert.equal(decisions.repeat(response("X-Kind: b")), false);
  const failed = response("X-Kind: a");
  failed.status = 500;
  assert.equal(decisions.repeat(failed), false);
});

test("all names of fields are one look", () => {
  const { guest, request, functions, decisions, recording } = recorded(requestOf("", "X-A: 1"));
  functions.field_names(0, request, FieldKind.request, ...guest.result);
  functions.remember(0, request, Infinity);
  decisions.keep(undefined, recording);
  assert.equal(decisions.repeat(requestOf("", "X-A: 2")), true);
  assert.equal(decisions.repeat(requestOf("", "X-B: 1")), false);
});

test("a look at another request, which waits in the same instance, spoils it", () => {
  const { guest, functions, recording } = recorded(requestOf(""));
  const waiting = guest.call.suspend();
  guest.call.begin("access", 0, requestOf(""), Infinity);
  guest.call.record(recording);
  recording.untilMs = Infinity;
  assert.equal(recording.isRepeatable, true);
  functions.property_get(0, waiting.handle, Property.method, ...guest.result);
  assert.equal(recording.isRepeatable, false);
});

test("remember is refused in other phases, for other requests and without a time", () => {
  const { guest, request, functions } = recorded(requestOf(""));
  for (const untilMs of [0, -1, Number.NaN]) {
    assert.equal(functions.remember(0, request, untilMs), Fault.badValue);
  }
  assert.equal(functions.remember(0, request + 1, 1), Fault.badHandle);
  for (const [phase, result] of [
    ["header_filter", 0],
    ["log", 0],
    ["request_body", Fault.wrongPhase],
    ["body_filter", Fault.wrongPhase],
    ["configure", Fault.wrongPhase],
  ] as const) {
    const handle = guest.call.begin(phase, 0, requestOf(""), Infinity);
    assert.equal(functions.remember(0, handle, 1), result, phase);
  }
});

test("every other function spoils a recording, and gets its parameters all the same", () => {
  const repeatable =
    "authenticate authenticate_by bytes_equal config_get consumer_find consumer_find_by consumer_get " +
    "credential_find credential_get deadline_reached digest field_get field_names field_set fields_fill fields_get fields_set " +
    "hmac jwt_verify now_ms number_get property_get property_set query_get query_set quota_take record_append remember " +
    "url_parse url_set";
  assert.deepEqual([...REPEATABLE_FUNCTIONS].sort(), repeatable.split(" "));
  const guest = new TestGuest();
  const seen: number[][] = [];
  const note = (...parameters: number[]): number => seen.push(parameters);
  const names = Object.keys(HOST_FUNCTIONS);
  const functions = spoiling(Object.fromEntries(names.map((name) => [name, note])), guest.call);
  for (const name of names) {
    const recording = new Recording();
    recording.untilMs = Infinity;
    guest.call.begin("access", 0, requestOf(""), Infinity);
    guest.call.record(recording);
    functions[name]?.(1, 2, 3, 4, 5, 6, 7, 8, 9);
    assert.equal(recording.isRepeatable, repeatable.split(" ").includes(name), name);
    assert.deepEqual(seen.at(-1), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
});
