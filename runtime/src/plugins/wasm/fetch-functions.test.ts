import assert from "node:assert/strict";
import { test } from "node:test";
import type { FetchErrorReason } from "@sluice/plugin-sdk";
import { Fault, UrlPart } from "@sluice/plugin-sdk/abi";
import { exchangeOf } from "../../exchange.testing.ts";
import type { FetchRules } from "../../outbound/destination.ts";
import { FetchFailed } from "../../outbound/fetch-failed.ts";
import type { OutboundRequest, OutboundResponse } from "../../outbound/outbound-request.ts";
import { NO_GRANTS } from "../plugin.testing.ts";
import { fetchFunctions } from "./fetch-functions.ts";
import { GuestCall } from "./guest-call.ts";
import { GuestMemory } from "./guest-memory.ts";
import { PendingCalls } from "./pending-calls.ts";

const MIB = 1_048_576;

/** A guest's memory and calls, and a world where the test answers. */
function setUp() {
  const memory = new WebAssembly.Memory({ initial: 40 });
  const guestMemory = new GuestMemory();
  guestMemory.attach(memory);
  const bytes = Buffer.from(memory.buffer);
  const call = new GuestCall();
  const asked: Asked[] = [];
  const resumed: unknown[][] = [];
  const pending: PendingCalls = new PendingCalls((of, id, result) => {
    const parts = [0, 1].map((part) => pending.part(id, part)?.toString());
    resumed.push([id, result, of.entry, ...parts]);
  });
  const entry = (host: string) => ({
    id: host,
    json: "",
    strings: new Set<string>(),
    grants: { ...NO_GRANTS, fetch: [host] },
  });
  const outbound = {
    fetch(request: OutboundRequest, rules: FetchRules, signal: AbortSignal) {
      const { promise, resolve, reject } = Promise.withResolvers<OutboundResponse>();
      asked.push({ request, rules, signal, resolve, reject });
      signal.addEventListener("abort", () => reject(signal.reason));
      return promise;
    },
  };
  const functions = fetchFunctions({
    plugin: "tested",
    memory: guestMemory,
    call,
    pending,
    entries: [entry("a.test"), entry("b.test")],
    services: { subrequests: { fetch: () => Promise.reject(new Error("not here")) }, outbound },
  });
  const put = (text: string, at: number): number => bytes.write(text, at);
  const ask = (request: number, head: unknown, body = ""): number => {
    const json = typeof head === "string" ? head : JSON.stringify(head);
    return functions.fetch(0, request, 64, put(json, 64), 8192, put(body, 8192));
  };
  const read = (length: number): unknown => JSON.parse(bytes.toString("utf8", 8192, 8192 + length));
  return { call, pending, asked, resumed, functions, ask, put, read };
}

interface Asked {
  readonly request: OutboundRequest;
  readonly rules: FetchRules;
  readonly signal: AbortSignal;
  readonly resolve: (response: OutboundResponse) => void;
  readonly reject: (error: FetchFailed) => void;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const HEAD = { url: "http://a.test/" };

test("an answer comes back as status, head and body", async () => {
  const { call, ask, asked, resumed } = setUp();
  const id = ask(call.begin("access", 0, exchangeOf({}), Infinity), HEAD);
  assert.ok(id > 0);
  const headers = [["X", "\u00fc"]] as const;
  asked[0]?.resolve({ status: 201, url: "http://a.test/", headers, body: Buffer.from("body") });
  assert.deepEqual(resumed, []);
  await turn();
  const head = JSON.stringify({ status: 201, url: "http://a.test/", headers });
  assert.deepEqual(resumed, [[id, 201, 0, head, "body"]]);
});

test("what is not said has its default, and methods are upper case", () => {
  const { call, ask, asked } = setUp();
  const request = call.begin("access", 0, exchangeOf({}), Infinity);
  ask(request, HEAD);
  ask(
    request,
    {
      ...HEAD,
      method: "post",
      headers: [["a", "b"]],
      timeout_ms: 5,
      redirect: "manual",
      max_bytes: 6,
    },
    "data",
  );
  assert.deepEqual(asked[0]?.request, {
    url: "http://a.test/",
    method: "GET",
    headers: [],
    timeoutMs: 10_000,
    redirect: "follow",
    maxBytes: MIB,
    body: Buffer.alloc(0),
  });
  assert.deepEqual(asked[1]?.request, {
    url: "http://a.test/",
    method: "POST",
    headers: [["a", "b"]],
    timeoutMs: 5,
    redirect: "manual",
    maxBytes: 6,
    body: Buffer.from("data"),
  });
});

for (const head of [
  "{",
  "null",
  "[]",
  "{}",
  '{"url":1}',
  '{"url":"a","method":1}',
  '{"url":"a","headers":{"a":"b"}}',
  '{"url":"a","headers":[["a"]]}',
  '{"url":"a","headers":[["a",1]]}',
  '{"url":"a","redirect":"maybe"}',
  '{"url":"a","timeout_ms":"1"}',
  '{"url":"a","max_bytes":null}',
]) {
  test(`the head ${head} is refused at once`, () => {
    const { call, ask, asked, pending } = setUp();
    const request = call.begin("access", 0, exchangeOf({}), Infinity);
    assert.equal(ask(request, head), Fault.badValue);
    assert.equal(asked.length, 0);
    assert.equal(pending.size, 0);
  });
}

for (const [reason, fault] of [
  ["denied", Fault.denied],
  ["invalid", Fault.badValue],
  ["limit", Fault.limit],
  ["ended", Fault.badHandle],
  ["timeout", Fault.unavailable],
  ["unreachable", Fault.unavailable],
  ["malformed", Fault.unavailable],
  ["redirect", Fault.unavailable],
] as const satisfies readonly (readonly [FetchErrorReason, number])[]) {
  test(`a failure that is "${reason}" is fault ${fault} and says why`, async () => {
    const { call, ask, asked, resumed } = setUp();
    const id = ask(call.begin("access", 0, exchangeOf({}), Infinity), HEAD);
    asked[0]?.reject(new FetchFailed(reason, "because"));
    await turn();
    assert.deepEqual(resumed, [[id, fault, 0, JSON.stringify({ reason, message: "because" }), ""]]);
  });
}

test("the grants are those of the request's entry, and outside of a request of the current one", () => {
  const { call, ask, asked } = setUp();
  const first = call.begin("access", 0, exchangeOf({}), Infinity);
  call.suspend();
  call.begin("resume", 1, undefined, Infinity);
  ask(first, HEAD);
  ask(0, HEAD);
  const allows = asked.map(({ rules: { hosts } }) => hosts.allows("a.test", 80, 80));
  assert.deepEqual(allows, [true, false]);
  assert.equal(asked[1]?.rules.hosts.allows("b.test", 80, 80), true);
});

test("W9 a handle that is unknown, or of a request that has ended, asks nobody", () => {
  const { call, ask, asked } = setUp();
  const exchange = exchangeOf({});
  const request = call.begin("access", 0, exchange, Infinity);
  assert.equal(ask(request + 1, HEAD), Fault.badHandle);
  call.suspend();
  exchange.isOver = true;
  call.begin("resume", 0, undefined, Infinity);
  assert.equal(ask(request, HEAD), Fault.badHandle);
  assert.equal(asked.length, 0);
});

test("configure asks nobody", () => {
  const { call, ask } = setUp();
  call.begin("configure", 0, undefined, Infinity);
  assert.equal(ask(0, HEAD), Fault.wrongPhase);
});

test("what a request asked ends with it, and what was asked outside of it does not", async () => {
  const { call, ask, asked, resumed } = setUp();
  const exchange = exchangeOf({});
  const request = call.begin("access", 0, exchange, Infinity);
  const id = ask(request, HEAD);
  ask(0, HEAD);
  for (const giveUp of exchange.underWay ?? []) giveUp();
  await turn();
  assert.deepEqual(
    asked.map(({ signal }) => signal.aborted),
    [true, false],
  );
  assert.deepEqual(
    resumed.map(([of, result]) => [of, result]),
    [[id, Fault.badHandle]],
  );
});

test("a request does not keep what is over", async () => {
  const { call, ask, asked } = setUp();
  const exchange = exchangeOf({});
  ask(call.begin("access", 0, exchange, Infinity), HEAD);
  assert.equal(exchange.underWay?.size, 1);
  asked[0]?.resolve({ status: 200, url: "", headers: [], body: Buffer.alloc(0) });
  await turn();
  assert.equal(exchange.underWay?.size, 0);
});

test("in the log phase the request is over and may still ask", () => {
  const { call, ask, asked } = setUp();
  const exchange = exchangeOf({});
  exchange.isOver = true;
  assert.ok(ask(call.begin("log", 0, exchange, Infinity), HEAD) > 0);
  assert.equal(asked[0]?.signal.aborted, false);
  assert.equal(exchange.underWay, undefined);
});

test("closing the instance gives up what is under way, and resumes nobody", async () => {
  const { call, ask, asked, pending, resumed } = setUp();
  ask(call.begin("access", 0, exchangeOf({}), Infinity), HEAD);
  pending.stopAll();
  await turn();
  assert.equal(asked[0]?.signal.aborted, true);
  assert.deepEqual(resumed, []);
});

test("a body over 1 MiB is over the limit, and a wild pointer traps", () => {
  const { call, functions, put } = setUp();
  const request = call.begin("access", 0, exchangeOf({}), Infinity);
  const length = put(JSON.stringify(HEAD), 64);
  assert.equal(functions.fetch(0, request, 64, length, 8192, MIB + 1), Fault.limit);
  assert.throws(() => functions.fetch(0, request, -64, length, 0, 0), RangeError);
  assert.throws(() => functions.fetch(0, request, 64, length, -8, 100), RangeError);
  assert.throws(() => functions.fetch(0, request, 64, -1, 0, 0), RangeError);
});

test("URLs are taken apart and changed as the runtime does it", () => {
  const { functions, put, read } = setUp();
  const length = put("../b?c", 64);
  const base = put("https://a.test/x/y", 1024);
  const whole = functions.url_parse(0, 64, length, 1024, base, 8192, 4096);
  assert.equal((read(whole) as { href: string }).href, "https://a.test/b?c");
  assert.equal(functions.url_parse(0, 64, length, 0, -1, 8192, 4096), Fault.badValue);
  const port = put("81", 64);
  const changed = functions.url_set(0, 1024, base, UrlPart.port, 64, port, 8192, 4096);
  assert.equal((read(changed) as { host: string }).host, "a.test:81");
  assert.equal(functions.url_set(0, 1024, base, 99, 64, port, 8192, 4096), Fault.badValue);
});
