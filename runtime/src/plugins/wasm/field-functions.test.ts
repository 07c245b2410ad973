import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Fault, FieldKind } from "@sluice/plugin-sdk/abi";
import { exchangeOf } from "../../exchange.testing.ts";
import type { Exchange } from "../../exchange.ts";
import { Fields } from "../../http1/fields.ts";
import { fieldFunctions } from "./field-functions.ts";
import { GuestCall } from "./guest-call.ts";
import type { CallPhase } from "./guest-call.ts";
import { GuestMemory } from "./guest-memory.ts";

const memory = new WebAssembly.Memory({ initial: 2 });
const guestMemory = new GuestMemory();
guestMemory.attach(memory);
const call = new GuestCall();
const functions = fieldFunctions(guestMemory, call, []);
let exchange: Exchange;
beforeEach(() => (exchange = newExchange()));

function newExchange(): Exchange {
  const fields = new Fields();
  fields.add("X-A", "1");
  fields.add("Accept", "*/*");
  fields.add("x-a", "2");
  return exchangeOf({ fields });
}

function setMany(phase: CallPhase, kind: number, text: string, count: number): number {
  const bytes = Buffer.from(text, "latin1");
  bytes.copy(Buffer.from(memory.buffer), 64);
  const request = call.begin(phase, 0, exchange, Infinity);
  return functions.fields_set(0, request, kind, 64, bytes.length, count);
}

function pairs({ names, values }: Fields): string[] {
  return names.map((name, at) => `${name.text}: ${values[at]}`);
}

test("sets several fields of the request at once", () => {
  assert.equal(setMany("access", FieldKind.request, "X-A\u00003\0x-b\0\u00e9\0x-c\0\0", 3), 0);
  assert.deepEqual(pairs(exchange.requestFields), ["X-A: 3", "Accept: */*", "x-b: é", "x-c: "]);
});

test("keeps several fields for the response that will come", () => {
  assert.equal(setMany("access", FieldKind.response, "x-a\u00001\0x-b\u00002\0", 2), 0);
  const edits = exchange.responseEdits?.map(({ kind, name, value }) => [kind, name.text, value]);
  assert.deepEqual(edits, [
    ["set", "x-a", "1"],
    ["set", "x-b", "2"],
  ]);
});

const REFUSED: readonly (readonly [why: string, text: string, count: number, fault: number])[] = [
  ["a NUL in a value", "x-b\u00001\0x-evil\u00002\0", 1, Fault.badValue],
  ["one value less", "x-b\u00001\0x-c\0", 2, Fault.badValue],
  ["no end", "x-b\u00001", 1, Fault.badValue],
  ["CR LF in a later value", "x-b\u00001\0x-c\u00002\r\nx-d: 3\0", 2, Fault.badValue],
  ["a later name that is no token", "x-b\u00001\0x c\u00002\0", 2, Fault.badValue],
  ["a later name of the gateway", "x-b\u00001\0X-Consumer-ID\u00002\0", 2, Fault.denied],
  ["a later framing field", "x-b\u00001\0Transfer-Encoding\0chunked\0", 2, Fault.denied],
  ["a later value over the limit", `x-b\u00001\0x-c\0${"v".repeat(20_000)}\0`, 2, Fault.limit],
  ["a count below zero", "x-b\u00001\0", -1, Fault.badValue],
  ["a count over the limit", "", 1_000_000, Fault.limit],
];
for (const [why, text, count, fault] of REFUSED) {
  test(`sets none of several fields with ${why}`, () => {
    assert.equal(setMany("access", FieldKind.request, text, count), fault);
    assert.deepEqual(pairs(exchange.requestFields), ["X-A: 1", "Accept: */*", "x-a: 2"]);
  });
}

function editCount(): number | undefined {
  return exchange.responseEdits?.length;
}

test("looks at a block anew when anything but its text is another", () => {
  const block = "x-a\u00001\0x-b\u00002\0";
  for (let times = 0; times < 2; times++) {
    exchange.responseEdits = undefined;
    assert.equal(setMany("access", FieldKind.response, block, 2), 0);
    assert.equal(editCount(), 2);
  }
  assert.equal(setMany("access", FieldKind.response, block, 1), Fault.badValue);
  assert.equal(setMany("access", FieldKind.response, block, 3), Fault.badValue);
  assert.equal(setMany("access", FieldKind.request, block, 2), 0);
  assert.equal(exchange.requestFields.get("x-b"), "2");
});

test("sets no fields in a phase that may not", () => {
  const text = "x-b\u00001\0";
  assert.equal(setMany("log", FieldKind.response, text, 1), Fault.wrongPhase);
  assert.equal(setMany("header_filter", FieldKind.request, text, 1), Fault.wrongPhase);
  assert.deepEqual(pairs(exchange.requestFields), ["X-A: 1", "Accept: */*", "x-a: 2"]);
});

function getAll(name: string): string | number {
  const view = Buffer.from(memory.buffer);
  view.write(name, 64);
  const request = call.begin("access", 0, exchange, Infinity);
  const length = functions.fields_get(0, request, 0, 64, name.length, 1024, 100);
  return length < 0 ? length : view.toString("latin1", 1024, 1024 + length);
}

test("reads all values of a name in one call", () => {
  assert.equal(getAll("x-A"), "1\u00002");
  assert.equal(getAll("accept"), "*/*");
  assert.equal(getAll("x-none"), Fault.absent);
});
