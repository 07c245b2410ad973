import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";

import { ConfigError, FetchError } from "@sluice/plugin-sdk";
import type { ConfigInput, FetchInit } from "@sluice/plugin-sdk";
import { answerFetches, FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit, FetchAnswer } from "@sluice/plugin-sdk/testing";

import forwardAuth from "./plugin.ts";

type Config = Omit<ConfigInput<typeof forwardAuth>, "uri">;

const URI = "http://auth.test/check";
let asked: FetchInit | undefined;

afterEach(() => {
  asked = undefined;
  answerFetches();
});

function handle(
  config: Config,
  request: FakeRequestInit,
  answer: FetchAnswer | FetchError,
): Promise<FakeExchange> {
  answerFetches((url, init) => {
    assert.equal(url, URI);
    asked = init;
    if (answer instanceof FetchError) throw answer;
    return answer;
  });
  const gateway = new FakeGateway();
  return gateway.handle(gateway.configure(forwardAuth, { uri: URI, ...config }), request);
}

function sent(name: string): string[] {
  const headers = (asked?.headers ?? []) as readonly (readonly [string, string])[];
  return headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

test("states its name, priority and defaults", () => {
  assert.equal(forwardAuth.manifest.priority, 1010);
  assert.deepEqual(fillDefaults(forwardAuth.manifest.config, { uri: URI }), {
    uri: URI,
    request_method: "GET",
    request_headers: [],
    upstream_headers: [],
    client_headers: [],
    timeout: 3000,
    status_on_error: 403,
    allow_degradation: false,
    forward_body: false,
    max_body_size: 65_536,
  });
});

describe("the server that decides", () => {
  test("is told of the request, and gets only the headers that the config names", async () => {
    await handle(
      { request_headers: ["Authorization", "X-Forwarded-For"] },
      {
        method: "PUT",
        path: "/a/b",
        query: "c=d",
        headers: { authorization: "Bearer x", cookie: "s=1", "x-forwarded-for": "6.6.6.6" },
        clientAddress: "192.0.2.7",
      },
      { status: 204 },
    );
    assert.equal(asked?.method, "GET");
    assert.deepEqual(sent("x-forwarded-method"), ["PUT"]);
    assert.deepEqual(sent("x-forwarded-uri"), ["/a/b?c=d"]);
    assert.deepEqual(sent("x-forwarded-for"), ["192.0.2.7"]);
    assert.deepEqual(sent("authorization"), ["Bearer x"]);
    assert.deepEqual(sent("cookie"), []);
  });

  test("gets the body when that is wanted", async () => {
    const config = { request_method: "POST", forward_body: true } as const;
    await handle(config, { method: "POST", body: "data" }, {});
    assert.equal(new TextDecoder().decode(asked?.body as Uint8Array), "data");
  });
});

describe("an answer", () => {
  test("of 2xx lets the request pass, with the headers that the config names and no others", async () => {
    const { request, isAnswered } = await handle(
      { upstream_headers: ["X-User"] },
      { headers: { "x-user": "admin", "x-role": "admin" } },
      { headers: { "X-User": "ann", "X-Role": "root" } },
    );
    assert.equal(isAnswered, false);
    assert.deepEqual(request.headers("x-user"), ["ann"]);
    assert.deepEqual(request.headers("x-role"), ["admin"]);
  });

  test("that does not name a user leaves none: not the one that the client claims", async () => {
    const { request } = await handle(
      { upstream_headers: ["X-User"] },
      { headers: { "x-user": "admin" } },
      {},
    );
    assert.deepEqual(request.headers("x-user"), []);
  });

  test("of another status is the client's, each cookie for itself", async () => {
    const { response } = await handle(
      { client_headers: ["Set-Cookie"] },
      {},
      {
        status: 302,
        headers: [
          ["Location", "https://login.test/"],
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", "b=2"],
          ["X-Internal", "x"],
        ],
        body: "go there",
      },
    );
    assert.equal(response.status, 302);
    assert.equal(response.header("location"), "https://login.test/");
    assert.deepEqual(response.headers("set-cookie"), ["a=1", "b=2"]);
    assert.equal(response.header("x-internal"), undefined);
  });

  for (const [what, answer] of [
    ["that does not come", new FetchError("timeout", "")],
    ["of 5xx", { status: 503 }],
  ] as const) {
    test(`${what} refuses the request, unless degradation is allowed`, async () => {
      const refused = await handle({ status_on_error: 401 }, {}, answer);
      assert.equal(refused.response.status, 401);
      const passed = await handle({ allow_degradation: true }, {}, answer);
      assert.equal(passed.isAnswered, false);
    });
  }
});

describe("a config", () => {
  test("that forwards bodies must have them sent by POST", () => {
    const gateway = new FakeGateway();
    const config = { uri: URI, forward_body: true };
    assert.throws(() => gateway.configure(forwardAuth, config), ConfigError);
  });

  test("must not pass on what belongs to a connection", () => {
    const gateway = new FakeGateway();
    const config = { uri: URI, request_headers: ["Content-Length"] };
    assert.throws(() => gateway.configure(forwardAuth, config), /Content-Length/);
  });
});
