import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault, FieldKind, MAX_BODY_BYTES } from "@sluice/plugin-sdk/abi";
import { ScriptedSource } from "../../bodies/bodies.testing.ts";
import { HeldResponse } from "../../bodies/held-response.ts";
import { RecordingClient, exchangeOf } from "../../exchange.testing.ts";
import type { ExchangeParts } from "../../exchange.testing.ts";
import type { Exchange } from "../../exchange.ts";
import { bodyFunctions } from "./body-functions.ts";
import { GuestCall } from "./guest-call.ts";
import type { CallPhase } from "./guest-call.ts";
import { GuestMemory } from "./guest-memory.ts";
import { PendingCalls } from "./pending-calls.ts";

const { request, response } = FieldKind;
const EVERY_PHASE: readonly CallPhase[] = [
  "configure",
  "access",
  "request_body",
  "header_filter",
  "body_filter",
  "log",
];

/** A client whose body a test hands out. */
class ScriptedClient extends RecordingClient {
  readonly source: ScriptedSource = new ScriptedSource();
  override readBody: RecordingClient["readBody"] = (receiver) => this.source.readBody(receiver);
}

function setUp(parts: ExchangeParts = {}) {
  const memory = new WebAssembly.Memory({ initial: 160 });
  const guestMemory = new GuestMemory();
  guestMemory.attach(memory);
  const bytes = Buffer.from(memory.buffer);
  const call = new GuestCall();
  const client = new ScriptedClient();
  const exchange = exchangeOf({ client, ...parts });
  const resumed: string[] = [];
  const pending: PendingCalls = new PendingCalls((_, id, result) => {
    resumed.push(`${result} ${pending.part(id, 1)?.toString("latin1")}`);
  });
  const counted = { bytes: 0 };
  const functions = bodyFunctions({
    plugin: "tested",
    memory: guestMemory,
    call,
    pending,
    onBytes: (count) => (counted.bytes += count),
  });
  const begin = (phase: CallPhase, of: Exchange | undefined = exchange): number =>
    call.begin(phase, 0, phase === "configure" ? undefined : of, Infinity);
  return { bytes, call, client, exchange, resumed, counted, functions, begin };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a chunk", () => {
  test("is read, replaced and dropped in its call", () => {
    const { bytes, call, functions, begin, counted } = setUp();
    const handle = begin("request_body");
    call.giveChunk(Buffer.from("abc"));
    assert.equal(functions.chunk_get(0, handle, 64, 2), 3);
    assert.equal(bytes[64], 0);
    assert.equal(functions.chunk_get(0, handle, 64, 3), 3);
    assert.equal(bytes.toString("latin1", 64, 67), "abc");
    assert.equal(counted.bytes, 3);
    bytes.write("xy", 100);
    assert.equal(functions.chunk_set(0, handle, 100, 2), 0);
    bytes.write("??", 100);
    assert.equal(call.takeChunk()?.toString(), "xy");
    call.giveChunk(Buffer.from("abc"));
    assert.equal(functions.chunk_set(0, handle, 0, 0), 0);
    assert.equal(call.takeChunk()?.length, 0);
  });

  test("is there in its own call and phase alone (W6)", () => {
    const { call, functions, begin } = setUp();
    const kept = begin("body_filter");
    call.giveChunk(Buffer.from("abc"));
    call.end();
    for (const phase of EVERY_PHASE) {
      const handle = begin(phase);
      const expected = phase === "configure" ? Fault.badHandle : Fault.wrongPhase;
      assert.equal(functions.chunk_get(0, handle, 64, 100), expected, phase);
      assert.equal(functions.chunk_set(0, handle, 64, 1), expected, phase);
      assert.equal(functions.chunk_get(0, kept, 64, 100), Fault.badHandle, phase);
    }
  });

  test("cannot be written to or taken from where there is no memory (W5)", () => {
    const { call, functions, begin, bytes } = setUp();
    const handle = begin("request_body");
    call.giveChunk(Buffer.from("abc"));
    assert.throws(() => functions.chunk_get(0, handle, bytes.length - 2, 3), RangeError);
    assert.throws(() => functions.chunk_get(0, handle, -1, 3), RangeError);
    assert.throws(() => functions.chunk_set(0, handle, bytes.length - 2, 3), RangeError);
    assert.equal(functions.chunk_set(0, handle, 0, -1), Fault.limit);
    assert.equal(functions.chunk_set(0, handle, 0, 1_048_577), Fault.limit);
    assert.equal(call.takeChunk()?.toString(), "abc");
  });
});

describe("reading a body", () => {
  test("resumes with all of it, never while the guest runs", async () => {
    const { client, resumed, functions, begin, counted } = setUp({ framing: { kind: "chunked" } });
    assert.ok(functions.body_read(0, begin("access"), request, 100) > 0);
    assert.deepEqual(client.source.events, []);
    await turn();
    assert.deepEqual(client.source.events, ["read"]);
    client.source.give("ab", "c");
    client.source.end();
    assert.deepEqual(resumed, []);
    await turn();
    assert.deepEqual(resumed, ["3 abc"]);
    assert.equal(counted.bytes, 3);
  });

  test("of a length that is too large is refused at once; nothing is read", async () => {
    const framing = { kind: "length", length: 11 } as const;
    const { client, call, functions, begin } = setUp({ framing });
    assert.equal(functions.body_read(0, begin("access"), request, 10), Fault.limit);
    assert.equal(call.failsAs?.code, "request_body_too_large");
    await turn();
    assert.deepEqual(client.source.events, []);
    const large = setUp({ framing: { kind: "length", length: MAX_BODY_BYTES + 1 } });
    assert.equal(large.functions.body_read(0, large.begin("access"), request, -1), Fault.limit);
  });

  test("that turns out too large resumes with the limit", async () => {
    const { client, resumed, functions, begin } = setUp({ framing: { kind: "chunked" } });
    functions.body_read(0, begin("access"), request, 2);
    await turn();
    client.source.give("abc");
    await turn();
    assert.deepEqual(resumed, [`${Fault.limit} `]);
  });

  test("of an exchange that ends resumes with a bad handle (C4)", async () => {
    const { exchange, resumed, functions, begin } = setUp({ framing: { kind: "chunked" } });
    functions.body_read(0, begin("access"), request, 100);
    await turn();
    exchange.bodies?.abandon();
    await turn();
    assert.deepEqual(resumed, [`${Fault.badHandle} `]);
  });

  test("of an exchange that is over before it begins does not begin", async () => {
    const { client, exchange, resumed, functions, begin } = setUp({ framing: { kind: "chunked" } });
    functions.body_read(0, begin("access"), request, 100);
    exchange.isOver = true;
    await turn();
    assert.deepEqual(resumed, [`${Fault.badHandle} `]);
    assert.deepEqual(client.source.events, []);
  });

  test("of a response works while its head is held, and only then", async () => {
    const held = setUp();
    held.exchange.status = 200;
    const sink = new HeldResponse(held.exchange);
    held.functions.body_read(0, held.begin("header_filter"), response, 100);
    held.exchange.responseSink = sink;
    await turn();
    sink.write(Buffer.from("ab"));
    sink.end();
    await turn();
    assert.deepEqual(held.resumed, ["2 ab"]);

    const gone = setUp();
    gone.exchange.status = 200;
    gone.functions.body_read(0, gone.begin("header_filter"), response, 100);
    await turn();
    assert.deepEqual(gone.resumed, [`${Fault.badHandle} `]);
  });

  test("and replacing it are refused in every other phase, and for every other kind (W6)", () => {
    const { exchange, functions, begin } = setUp();
    exchange.status = 200;
    for (const phase of EVERY_PHASE) {
      const expected = phase === "configure" ? Fault.badHandle : Fault.wrongPhase;
      for (const [kind, allowed] of [
        [request, "access"],
        [response, "header_filter"],
      ] as const) {
        if (phase === allowed) continue;
        assert.equal(functions.body_read(0, begin(phase), kind, 10), expected, phase);
        assert.equal(functions.body_set(0, begin(phase), kind, 64, 1), expected, phase);
      }
    }
    assert.equal(functions.body_read(0, begin("access"), 2, 10), Fault.badValue);
    assert.equal(functions.body_set(0, begin("access"), -1, 64, 1), Fault.badValue);
    assert.equal(functions.body_skip(0, begin("access"), 7), Fault.badValue);
  });
});

describe("replacing a body", () => {
  test("copies it, and is what is read afterwards", async () => {
    const { bytes, resumed, functions, begin, exchange } = setUp();
    bytes.write("new", 64);
    const handle = begin("access");
    assert.equal(functions.body_set(0, handle, request, 64, 3), 0);
    bytes.write("???", 64);
    assert.equal(exchange.bodies?.newRequestLength, 3);
    functions.body_read(0, handle, request, 3);
    await turn();
    assert.deepEqual(resumed, ["3 new"]);
    assert.equal(functions.body_read(0, handle, request, 2), Fault.limit);
  });

  test("with one that is read meanwhile does not resume the guest while it runs", async () => {
    const { resumed, functions, begin } = setUp({ framing: { kind: "chunked" } });
    const handle = begin("access");
    functions.body_read(0, handle, request, 100);
    await turn();
    functions.body_set(0, handle, request, 64, 3);
    assert.deepEqual(resumed, []);
    await turn();
    assert.equal(resumed.length, 1);
  });

  test("is bounded, and its memory is checked (W5)", () => {
    const { bytes, functions, begin } = setUp();
    const handle = begin("access");
    assert.equal(functions.body_set(0, handle, request, 0, MAX_BODY_BYTES), 0);
    assert.equal(functions.body_set(0, handle, request, 0, MAX_BODY_BYTES + 1), Fault.limit);
    assert.equal(functions.body_set(0, handle, request, 0, -1), Fault.limit);
    assert.throws(() => functions.body_set(0, handle, request, bytes.length - 1, 2), RangeError);
  });

  test("is refused where HTTP has none", () => {
    const upgrade = setUp({ upgrade: "websocket" });
    assert.equal(
      upgrade.functions.body_set(0, upgrade.begin("access"), request, 64, 1),
      Fault.badValue,
    );
    for (const status of [101, 204, 304]) {
      const { exchange, functions, begin } = setUp();
      exchange.status = status;
      const handle = begin("header_filter");
      assert.equal(functions.body_set(0, handle, response, 64, 1), Fault.badValue);
    }
  });
});

test("a body is skipped by the plugin that says so, from its head to its end", () => {
  for (const [kind, chunkPhase, phases] of [
    [request, "request_body", ["access", "request_body"]],
    [response, "body_filter", ["access", "header_filter", "body_filter"]],
  ] as const) {
    for (const phase of EVERY_PHASE) {
      const { exchange, functions, begin } = setUp();
      const isAllowed = phases.some((allowed) => allowed === phase);
      const refused = phase === "configure" ? Fault.badHandle : Fault.wrongPhase;
      assert.equal(functions.body_skip(0, begin(phase), kind), isAllowed ? 0 : refused, phase);
      assert.equal(exchange.bodies?.skips(chunkPhase, "tested") ?? false, isAllowed);
      assert.equal(exchange.bodies?.skips(chunkPhase, "other") ?? false, false);
    }
  }
});

describe("a response's coding", () => {
  const framed = { responseFraming: { kind: "length", length: 5 } } as const;

  test("is asked for in header_filter alone, by known codings and levels", () => {
    for (const phase of EVERY_PHASE) {
      const { exchange, functions, begin } = setUp();
      Object.assign(exchange, { status: 200, ...framed });
      const result = functions.response_encode(0, begin(phase), 3, 11);
      const refused = phase === "configure" ? Fault.badHandle : Fault.wrongPhase;
      assert.equal(result, phase === "header_filter" ? 0 : refused, phase);
      const asked = phase === "header_filter" ? { coding: "br", level: 11 } : undefined;
      assert.deepEqual(exchange.bodies?.responseCoding, asked);
    }
    const { exchange, functions, begin } = setUp();
    Object.assign(exchange, { status: 200, ...framed });
    for (const [coding, level] of [
      [0, -1],
      [4, -1],
      [1, 0],
      [1, 10],
      [3, 12],
      [1, -2],
    ] as const) {
      const result = functions.response_encode(0, begin("header_filter"), coding, level);
      assert.equal(result, Fault.badValue, `${coding} ${level}`);
    }
  });

  test("is absent for what cannot be encoded", () => {
    const { exchange, functions, begin } = setUp();
    for (const status of [204, 206, 304]) {
      Object.assign(exchange, { status, ...framed });
      assert.equal(functions.response_encode(0, begin("header_filter"), 1, -1), Fault.absent);
    }
  });
});
