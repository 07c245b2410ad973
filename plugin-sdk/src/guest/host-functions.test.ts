// Every host function, called from TypeScript through the engine, in a plugin that Extism loads.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ABI_VERSION, Fault, LogLevel, NumberProperty, Property, Verdict } from "../abi.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { buildFixture, start } from "./test-plugin.ts";
import { TestRequest } from "./test-request.ts";
import type { TestHost } from "./test-host.ts";

let plugin: BuiltPlugin;
before(async () => {
  plugin = await buildFixture("every-function");
});

interface Outcome {
  readonly verdict: number;
  readonly host: TestHost;
  readonly request: TestRequest;
  /** Values of a request header that the plugin set. */
  readonly sent: (name: string) => string[];
}

async function run(
  name: string,
  change: (request: TestRequest, host: TestHost) => void = () => {},
): Promise<Outcome> {
  const { host, guest } = await start(plugin);
  const request = new TestRequest();
  change(request, host);
  request.fields[0].push(["case", name]);
  host.requests.set(1, request);
  const verdict = guest.sluice_access(1, 0);
  const sent = (header: string): string[] =>
    request.fields[0].filter(([field]) => field === header).map(([, value]) => value);
  return { verdict, host, request, sent };
}

test("states its ABI version and what it is", async () => {
  const { guest } = await start(plugin);
  assert.equal(guest.sluice_abi_version(), ABI_VERSION);
  assert.equal(plugin.manifest.name, "every-function");
  assert.deepEqual(plugin.manifest.phases, ["access", "header_filter", "log"]);
});

test("reads and changes header fields", async () => {
  const { verdict, request, sent } = await run("fields", ({ fields }) => {
    fields[0].push(["X-A", "1"], ["x-b", "2"], ["x-a", "3"]);
  });
  assert.equal(verdict, Verdict.continue);
  assert.deepEqual(sent("x-first"), ["1"]);
  assert.deepEqual(sent("x-all"), ["1|3"]);
  assert.deepEqual(sent("x-names"), ["x-a,x-b,case,x-first,x-all"]);
  assert.deepEqual(sent("x-absent"), ["undefined"]);
  assert.deepEqual(sent("x-added"), ["1", "2"]);
  assert.deepEqual([...sent("X-A"), ...sent("x-a")], []);
  assert.deepEqual(request.fields[1], [
    ["x-one", "1"],
    ["X-Time", "later"],
    ["x-two", ""],
    ["x-three", "3"],
    ["x-four", ""],
    ["x-five", "<uuid>"],
    ["x-six", "a <serial>"],
    ["x-seven", "7"],
  ]);
});

for (const name of ["smuggling", "unpaired"]) {
  test(`sets no header of several that are not names and values in turn: ${name}`, async () => {
    const { verdict, host, request } = await run(name);
    assert.equal(verdict, Verdict.failed);
    assert.match(host.failures[0] ?? "", /^TypeError: HTTP does not allow .* headers \["x-a"/);
    assert.deepEqual(request.fields[0], [["case", name]]);
  });
}

test("takes each byte of a field value as one character, in both directions", async () => {
  const { sent } = await run("latin1", ({ fields }) =>
    fields[0].push(["x-bytes", "a\u00e9\u00ff"]),
  );
  assert.deepEqual(sent("x-codes"), ["97,233,255"]);
  assert.deepEqual(sent("x-echo"), ["a\u00e9\u00ff"]);
});

test("asks again with a larger buffer for a value that does not fit", async () => {
  const { sent } = await run("long", ({ fields }) => {
    fields[0].push(["x-long", `${"a".repeat(100_000)}\u00e9nd`]);
  });
  assert.deepEqual(sent("x-length"), ["100003"]);
  assert.deepEqual(sent("x-end"), ["\u00e9nd"]);
});

test("refuses a field value with characters that are no bytes", async () => {
  const { verdict, host, sent } = await run("tooWide");
  assert.equal(verdict, Verdict.failed);
  assert.match(host.failures[0] ?? "", /^TypeError: HTTP does not allow .* header "x-a"/);
  assert.deepEqual(sent("x-a"), []);
});

test("reads and changes properties of the request", async () => {
  const { request, sent } = await run("properties", ({ properties, numbers }) => {
    for (const [name, number] of Object.entries(Property)) properties.set(number, name);
    for (const number of Object.values(NumberProperty)) numbers.set(number, number * 1.5);
  });
  assert.deepEqual(sent("x-read"), [
    "requestId method scheme host httpVersion path query 6 clientAddress 3 serverAddress 4.5 7.5 9 10.5 " +
      "routeId routeName serviceId serviceName",
  ]);
  const { method, path, query } = Property;
  assert.deepEqual(
    [method, path, query].map((number) => request.properties.get(number)),
    ["POST", "/ü", "b=2"],
  );
});

test("reads and changes query arguments", async () => {
  const { request, sent } = await run("query", (change) => {
    change.query = [
      ["a", "1"],
      ["a", "2"],
    ];
  });
  assert.deepEqual(sent("x-one"), ["1"]);
  assert.deepEqual(sent("x-all"), ["1|2"]);
  assert.deepEqual(sent("x-absent"), ["undefined"]);
  assert.deepEqual(request.query, [["c", "ü"]]);
});

test("finds credentials and authenticates with them", async () => {
  const { request, sent } = await run("consumers", ({ properties }, host) => {
    properties.set(Property.consumerId, "c1").set(Property.consumerUsername, "ann");
    host.credentials.set("keyauth_credentials:secret", 5);
  });
  assert.deepEqual(sent("x-consumer"), ["c1 ann undefined undefined"]);
  assert.deepEqual(request.authenticated, { consumer: -1, credential: 5 });
  assert.deepEqual(sent("x-unknown"), ["undefined"]);
  assert.deepEqual(sent("x-nobody"), ["undefined"]);
});

test("reads what the config says of consumers, and authenticates by a credential it has not", async () => {
  const { request, sent } = await run("records", ({ properties }, host) => {
    properties.set(Property.consumerId, "c1");
    properties.set(Property.clientCertificate, "CN=a");
    host.consumers.set(`${Property.consumerCustomId}:c-7`, 3);
  });
  assert.deepEqual(sent("x-current"), ['[["g","\u00fc"],["t"]]']);
  assert.deepEqual(sent("x-found"), ["consumer 3"]);
  assert.deepEqual(sent("x-absent"), ["undefined"]);
  assert.deepEqual(sent("x-credential"), ["credential 5"]);
  assert.deepEqual(request.authenticated, { consumer: 3, credential: -1, id: "token \u00fc" });
  assert.deepEqual(sent("x-certificate"), ["CN=a"]);
});

test("authenticates as an anonymous consumer", async () => {
  const { request } = await run("anonymous", (_, host) => host.consumers.set("guest", 0));
  assert.deepEqual(request.authenticated, { consumer: 0, credential: -1 });
});

test("keeps values in the store", async () => {
  const { host, sent } = await run("store");
  assert.deepEqual(sent("x-a"), [encodeURIComponent("ü")]);
  assert.deepEqual(sent("x-gone"), ["undefined"]);
  assert.deepEqual(sent("x-sums"), ["2 2.5"]);
  assert.deepEqual(host.store.get("n"), { value: "2.5", ttlMs: 10 });
  assert.deepEqual(sent("x-error"), ['TypeError: The key "text" holds no number']);
});

test("refuses a negative time to live", async () => {
  const { verdict, host } = await run("badTtl");
  assert.equal(verdict, Verdict.failed);
  assert.match(host.failures[0] ?? "", /^RangeError: ttlMs must be 0 or more, not -1/);
});

test("logs on every level", async () => {
  const { host } = await run("log");
  assert.deepEqual(host.logs, [
    { level: LogLevel.debug, message: "d" },
    { level: LogLevel.info, message: "i" },
    { level: LogLevel.warn, message: "w" },
    { level: LogLevel.error, message: "ü" },
  ]);
});

test("answers with text, JSON, nothing, or a type of its own", async () => {
  const text = await run("text");
  assert.equal(text.verdict, Verdict.respond);
  assert.deepEqual(text.request.answer, { status: 418, body: "short and stout" });
  assert.deepEqual(text.request.fields[1], [
    ["x-kind", "teapot"],
    ["content-type", "text/plain; charset=utf-8"],
  ]);
  const json = await run("json");
  assert.deepEqual(json.request.answer, { status: 200, body: '{"a":[1,"ü"]}' });
  assert.deepEqual(json.request.fields[1], [["content-type", "application/json; charset=utf-8"]]);
  const nothing = await run("nothing");
  assert.deepEqual(nothing.request.answer, { status: 204, body: "" });
  assert.deepEqual(nothing.request.fields[1], []);
  const typed = await run("typed");
  assert.deepEqual(typed.request.fields[1], [["Content-Type", "text/html"]]);
});

test("answers errors in the gateway's shape", async () => {
  const { request } = await run("error", ({ properties }) =>
    properties.set(Property.requestId, "r1"),
  );
  assert.deepEqual(request.answer, { status: 401, body: '{"message":"no","request_id":"r1"}' });
  assert.deepEqual(request.fields[1][0], ["WWW-Authenticate", "Key"]);
});

test("ends the request with an answer that the handler forgot to return", async () => {
  const { verdict, request } = await run("forgotten");
  assert.equal(verdict, Verdict.respond);
  assert.equal(request.answer?.status, 403);
});

test("refuses a status that is none", async () => {
  const { verdict, host } = await run("badStatus");
  assert.equal(verdict, Verdict.failed);
  assert.match(host.failures[0] ?? "", /^RangeError: A status is a whole number from 200 to 599/);
});

test("runs header_filter and log", async () => {
  const { host, guest } = await start(plugin);
  const request = host.request(({ properties, numbers, ...of }) => {
    properties.set(Property.method, "GET");
    numbers.set(NumberProperty.status, 200);
    of.fields[1].push(["x-status", "old"]);
  });
  const of = host.requests.get(request);
  if (of !== undefined) of.record = `{"size":"${"x".repeat(50_000)}"}`;
  assert.equal(guest.sluice_header_filter(request, 0), Verdict.continue);
  assert.deepEqual(of?.fields[1], [["x-status", "200 GET undefined"]]);
  assert.equal(of?.numbers.get(NumberProperty.status), 503);
  assert.equal(guest.sluice_log(request, 0), Verdict.continue);
  assert.deepEqual(host.files, [
    { path: "/logs/a", data: `${of?.record}\n`, reopen: 1 },
    { path: "/logs/c", data: `${of?.record}\n`, reopen: 1 },
    { path: "/logs/b", data: "503\n", reopen: 0 },
  ]);
});

test("says what a refusal of the host means", async () => {
  const meanings = {
    [Fault.badHandle]: /has ended/,
    [Fault.wrongPhase]: /in this phase/,
    [Fault.badValue]: /^TypeError: HTTP does not allow/,
    [Fault.denied]: /belongs to the gateway/,
    [Fault.limit]: /^RangeError: .* limit/,
  };
  const { host, guest } = await start(await buildFixture("failures"));
  for (const [fault, meaning] of Object.entries(meanings)) {
    const request = host.request(({ fields }) => fields[0].push(["case", "header"]));
    // The header `case` is read before the host begins to refuse.
    host.refuseChangesWith = Number(fault);
    assert.equal(guest.sluice_access(request, 0), Verdict.failed);
    assert.match(host.failures.pop() ?? "", meaning);
  }
});
