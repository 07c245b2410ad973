import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";

import { FetchError } from "@sluice/plugin-sdk";
import type { ConfigInput, FetchInit } from "@sluice/plugin-sdk";
import { answerFetches, FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import opa from "./plugin.ts";

type Config = Partial<ConfigInput<typeof opa>>;
type Told = Record<string, unknown>;

const HOST = "http://opa.test:8181";
let asked: { readonly url: string; readonly init: FetchInit } | undefined;

afterEach(() => {
  asked = undefined;
  answerFetches();
});

function handle(config: Config, request: FakeRequestInit, answer: unknown): Promise<FakeExchange> {
  answerFetches((url, init) => {
    asked = { url, init };
    if (answer instanceof FetchError) throw answer;
    return { body: answer };
  });
  const gateway = new FakeGateway();
  const entry = gateway.configure(opa, { host: HOST, policy: "gw.allow", ...config });
  return gateway.handle(entry, request);
}

function told(): { readonly request: Told; readonly [part: string]: unknown } {
  // What inputOf of the plugin writes.
  return (JSON.parse(asked?.init.body as string) as { input: { request: Told } }).input;
}

test("states its name, priority and defaults", () => {
  assert.equal(opa.manifest.priority, 920);
  assert.deepEqual(fillDefaults(opa.manifest.config, { host: HOST, policy: "a" }), {
    host: HOST,
    policy: "a",
    timeout: 3000,
    with_route: false,
    with_service: false,
    with_consumer: false,
    with_body: false,
    max_body_size: 65_536,
    send_headers_upstream: [],
  });
});

describe("the agent", () => {
  test("is asked for the rule, and told of the request", async () => {
    const request = {
      method: "DELETE",
      path: "/orders/7",
      query: "a=b",
      headers: { "x-team": "red" },
    };
    await handle({}, request, { result: true });
    assert.equal(asked?.url, `${HOST}/v1/data/gw/allow`);
    const { request: seen, ...others } = told();
    assert.equal(seen["method"], "DELETE");
    assert.equal(seen["path"], "/orders/7");
    assert.deepEqual(seen["query"], { a: "b" });
    assert.equal((seen["headers"] as Told)["x-team"], "red");
    assert.equal(seen["body"], undefined);
    assert.deepEqual(Object.keys(others), ["type", "var"]);
  });

  test("gets the body, route, service and consumer that the config asks for", async () => {
    const config = { with_body: true, with_route: true, with_service: true, with_consumer: true };
    await handle(config, { method: "POST", body: "text" }, { result: true });
    const { request, route, service } = told();
    assert.equal(request["body"], "text");
    assert.deepEqual(route, { id: "route-id", name: "route-name" });
    assert.deepEqual(service, { id: "service-id", name: "service-name" });
  });
});

describe("a decision", () => {
  for (const result of [true, { allow: true }]) {
    test(`${JSON.stringify(result)} lets the request pass`, async () => {
      assert.equal((await handle({}, {}, { result })).isAnswered, false);
    });
  }

  for (const answer of [
    {},
    { result: {} },
    { result: "true" },
    { result: 1 },
    { result: { allow: "yes" } },
    [],
    "no JSON {",
    new FetchError("unreachable", ""),
  ]) {
    test(`that is none refuses the request: ${String(JSON.stringify(answer))}`, async () => {
      const { response } = await handle({}, {}, answer);
      assert.equal(response.status, 403);
      assert.match(response.body ?? "", /Forbidden/);
    });
  }

  test("says how the client is refused", async () => {
    const result = {
      allow: false,
      status_code: 429,
      reason: { why: "quota" },
      headers: { "Retry-After": 5 },
    };
    const { response } = await handle({}, {}, { result });
    assert.equal(response.status, 429);
    assert.equal(response.header("retry-after"), "5");
    assert.deepEqual(JSON.parse(response.body ?? ""), { why: "quota" });
  });

  test("sets the headers upstream that the config names: never the client's", async () => {
    const result = { allow: true, headers: { "x-user": "ann", "X-Other": "x" } };
    const config = { send_headers_upstream: ["X-User", "X-Role"] };
    const headers = { "X-User": "admin", "X-Role": "admin" };
    const { request } = await handle(config, { headers }, { result });
    assert.deepEqual(request.headers("x-user"), ["ann"]);
    assert.deepEqual(request.headers("x-role"), []);
    assert.deepEqual(request.headers("x-other"), []);
  });
});
