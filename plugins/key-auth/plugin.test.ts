import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { ConfiguredPlugin, FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import keyAuth from "./plugin.ts";

type Config = ConfigInput<typeof keyAuth>;

const ALICE = {
  id: "alice-id",
  username: "alice",
  customId: "a-1",
  credentials: [{ id: "alice-key-id", collection: "keyauth_credentials", key: "alice-key" }],
};
const BOB = {
  id: "bob-id",
  username: "bob",
  credentials: [
    { id: "bob-key-id", collection: "keyauth_credentials", key: "bob-key" },
    { id: "bob-basic-id", collection: "basicauth_credentials", key: "bob-password" },
  ],
};
const GUEST = { id: "guest-id", username: "guest" };

function createGateway(): FakeGateway {
  return new FakeGateway({ consumers: [ALICE, BOB, GUEST] });
}

function handle(config: Config, request: FakeRequestInit): Promise<FakeExchange> {
  const gateway = createGateway();
  return gateway.handle(configure(gateway, config), request);
}

function configure(gateway: FakeGateway, config: Config): ConfiguredPlugin {
  return gateway.configure(keyAuth, config);
}

function assertRefused(exchange: FakeExchange, message: string): void {
  assert.equal(exchange.response.status, 401);
  assert.deepEqual(JSON.parse(exchange.response.body ?? ""), {
    message,
    request_id: exchange.request.id,
  });
  assert.equal(exchange.response.header("content-type"), "application/json");
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = keyAuth;
  assert.equal(manifest.name, "key-auth");
  assert.equal(manifest.priority, 1250);
  assert.deepEqual(manifest.phases, ["access"]);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    key_names: ["apikey"],
    key_in_header: true,
    key_in_query: true,
    key_in_body: false,
    hide_credentials: false,
    run_on_preflight: true,
  });
});

test("marks the key names for the gateway to redact in its logs", () => {
  const { properties } = keyAuth.manifest.config as {
    properties: { key_names: { items: Record<string, unknown> } };
  };
  assert.equal(properties.key_names.items["x-sluice-names-credential"], true);
});

test("authenticates by the header", async () => {
  const { request, consumers, isAnswered } = await handle({}, { headers: { APIKEY: "alice-key" } });
  assert.equal(isAnswered, false);
  assert.equal(consumers.current?.id, "alice-id");
  assert.equal(consumers.credentialId, "alice-key-id");
  assert.equal(request.header("x-consumer-username"), "alice");
  assert.equal(request.header("apikey"), "alice-key");
});

test("authenticates by the query argument", async () => {
  const { request, consumers } = await handle({}, { query: "a=1&apikey=bob%2Dkey" });
  assert.equal(consumers.current?.id, "bob-id");
  assert.equal(request.query, "a=1&apikey=bob%2Dkey");
});

test("prefers the header to the query argument", async () => {
  const { consumers } = await handle(
    {},
    { headers: { apikey: "alice-key" }, query: "apikey=bob-key" },
  );
  assert.equal(consumers.current?.id, "alice-id");
});

test("tries the key names in their order", async () => {
  const { consumers } = await handle(
    { key_names: ["x-key", "apikey"] },
    { headers: { apikey: "alice-key", "x-key": "bob-key" } },
  );
  assert.equal(consumers.current?.id, "bob-id");
});

test("looks only where it is told to", async () => {
  const inHeader = { headers: { apikey: "alice-key" } };
  const inQuery = { query: "apikey=alice-key" };
  assertRefused(await handle({ key_in_header: false }, inHeader), "No API key found in request");
  assertRefused(await handle({ key_in_query: false }, inQuery), "No API key found in request");
  assert.equal((await handle({ key_in_header: false }, inQuery)).isAnswered, false);
  assert.equal((await handle({ key_in_query: false }, inHeader)).isAnswered, false);
});

test("refuses a request without a key and says how to authenticate", async () => {
  const plain = await handle({}, {});
  assertRefused(plain, "No API key found in request");
  assert.equal(plain.response.header("www-authenticate"), "Key");

  const inRealm = await handle({ realm: "orders" }, {});
  assert.equal(inRealm.response.header("www-authenticate"), 'Key realm="orders"');
});

test("takes an empty key for none", async () => {
  assertRefused(await handle({}, { headers: { apikey: "" } }), "No API key found in request");
  assertRefused(await handle({}, { query: "apikey=" }), "No API key found in request");
});

test("refuses an unknown key with a challenge", async () => {
  const exchange = await handle({ realm: "orders" }, { headers: { apikey: "nobody" } });
  assertRefused(exchange, "Unauthorized");
  assert.equal(exchange.response.header("www-authenticate"), 'Key realm="orders"');
});

test("refuses the credential of another kind", async () => {
  assertRefused(await handle({}, { headers: { apikey: "bob-password" } }), "Unauthorized");
});

test("refuses two keys of one name, even when both are valid", async () => {
  const headers = [
    ["apikey", "alice-key"],
    ["ApiKey", "bob-key"],
  ] as const;
  assertRefused(await handle({}, { headers }), "Duplicate API key found");
  const query = "apikey=alice-key&apikey=alice-key";
  assertRefused(await handle({}, { query }), "Duplicate API key found");
});

test("hides the key of that name in headers and query from the upstream", async () => {
  const { request, consumers } = await handle(
    { hide_credentials: true },
    { headers: { apikey: "alice-key", accept: "*/*" }, query: "a=1&apikey=old&b=2" },
  );
  assert.equal(consumers.current?.id, "alice-id");
  assert.equal(request.header("apikey"), undefined);
  assert.equal(request.header("accept"), "*/*");
  assert.equal(request.query, "a=1&b=2");
});

test("hides a wrong key and duplicate keys, too, when an anonymous client goes on", async () => {
  const config = { hide_credentials: true, anonymous: "guest" };
  const wrong = await handle(config, { headers: { apikey: "nobody" } });
  assert.equal(wrong.request.header("apikey"), undefined);
  const twice = await handle(config, { query: "apikey=alice-key&apikey=bob-key" });
  assert.equal(twice.request.query, "");
});

test("lets preflight requests pass only when told to", async () => {
  const request = { method: "OPTIONS" };
  assertRefused(await handle({}, request), "No API key found in request");
  const passed = await handle({ run_on_preflight: false }, request);
  assert.equal(passed.isAnswered, false);
  assert.equal(passed.consumers.current, undefined);
  assertRefused(
    await handle({ run_on_preflight: false }, { method: "GET" }),
    "No API key found in request",
  );
});

test("continues as the anonymous consumer, found by username or id, without a valid key", async () => {
  for (const anonymous of ["guest", "guest-id"]) {
    for (const apikey of ["nobody", ""]) {
      const { request, consumers, isAnswered } = await handle(
        { anonymous },
        { headers: { apikey } },
      );
      assert.equal(isAnswered, false);
      assert.equal(consumers.current?.id, "guest-id");
      assert.equal(consumers.credentialId, undefined);
      assert.equal(request.header("x-anonymous-consumer"), "true");
    }
  }
});

test("prefers a valid key to the anonymous consumer", async () => {
  const exchange = await handle({ anonymous: "guest" }, { headers: { apikey: "alice-key" } });
  assert.equal(exchange.consumers.current?.id, "alice-id");
  assert.equal(exchange.request.header("x-anonymous-consumer"), undefined);
});

test("answers 500 when the anonymous consumer is missing", async () => {
  const exchange = await handle({ anonymous: "ghost" }, {});
  assert.equal(exchange.response.status, 500);
  assert.match(exchange.response.body ?? "", /anonymous consumer ghost is configured but doesn't/);
});

test("accepts what an earlier plugin authenticated only when anonymous is set", async () => {
  const gateway = createGateway();
  const earlier = configure(gateway, { key_names: ["first-key"], anonymous: "guest" });
  const request = { headers: { "first-key": "alice-key" } };

  const alternative = configure(gateway, { anonymous: "guest" });
  const passed = await gateway.handle([earlier, alternative], request);
  assert.equal(passed.consumers.current?.id, "alice-id");

  const additional = configure(gateway, {});
  const refused = await gateway.handle([earlier, additional], request);
  assertRefused(refused, "No API key found in request");
});

test("still authenticates after an earlier plugin made the client anonymous", async () => {
  const gateway = createGateway();
  const earlier = configure(gateway, { key_names: ["first-key"], anonymous: "guest" });
  const later = configure(gateway, { anonymous: "guest" });
  const exchange = await gateway.handle([earlier, later], { headers: { apikey: "bob-key" } });
  assert.equal(exchange.consumers.current?.id, "bob-id");
  assert.equal(exchange.request.header("x-anonymous-consumer"), undefined);
});

const JSON_TYPE = "application/json; charset=utf-8";
const FORM_TYPE = "application/x-www-form-urlencoded";

/** A request with this body for a plugin that looks there, too. */
function handleBody(
  type: string | undefined,
  body: string,
  config: Config = {},
): Promise<FakeExchange> {
  const headers = type === undefined ? {} : { "content-type": type };
  return handle({ key_in_body: true, ...config }, { method: "POST", headers, body });
}

test("authenticates by a member of a JSON object or of a form", async () => {
  for (const [type, body] of [
    [JSON_TYPE, '{"a":1,"apikey":"alice-key"}'],
    [FORM_TYPE, "a=1&apikey=alice%2Dkey"],
  ] as const) {
    const { request, consumers } = await handleBody(type, body);
    assert.equal(consumers.current?.id, "alice-id", body);
    assert.equal(request.body, body);
  }
});

test("looks into the body last, name by name", async () => {
  const config = { key_in_body: true, key_names: ["first", "second"] };
  const body = '{"first":"alice-key","second":"bob-key"}';
  const inBody = await handle(config, {
    headers: { "content-type": JSON_TYPE, second: "bob-key" },
    body,
  });
  assert.equal(inBody.consumers.current?.id, "alice-id");
  const inHeader = await handle(config, {
    headers: { "content-type": JSON_TYPE, first: "bob-key" },
    body,
  });
  assert.equal(inHeader.consumers.current?.id, "bob-id");
  const inQuery = await handle(config, {
    headers: { "content-type": JSON_TYPE },
    query: "first=bob-key",
    body,
  });
  assert.equal(inQuery.consumers.current?.id, "bob-id");
});

test("leaves a body alone that it has no need of", async () => {
  const config = { key_in_body: true };
  const tooLarge = "x".repeat(2_000_000);
  const headers = { "content-type": JSON_TYPE, apikey: "alice-key" };
  const { consumers } = await handle(config, { headers, body: tooLarge });
  assert.equal(consumers.current?.id, "alice-id");
  assertRefused(await handleBody("text/plain", tooLarge), "No API key found in request");
  assertRefused(
    await handleBody(undefined, '{"apikey":"alice-key"}'),
    "No API key found in request",
  );
});

test("looks into no body unless it is told to", async () => {
  const exchange = await handleBody(JSON_TYPE, '{"apikey":"alice-key"}', { key_in_body: false });
  assertRefused(exchange, "No API key found in request");
});

test("refuses a body without a key, with several, or with one that is no text", async () => {
  for (const [type, body, message] of [
    [JSON_TYPE, "{}", "No API key found in request"],
    [JSON_TYPE, "[]", "No API key found in request"],
    [JSON_TYPE, "null", "No API key found in request"],
    [JSON_TYPE, '"apikey"', "No API key found in request"],
    [JSON_TYPE, '{"apikey":5}', "No API key found in request"],
    [JSON_TYPE, '{"apikey":""}', "No API key found in request"],
    [JSON_TYPE, '{"__proto__":{"apikey":"alice-key"}}', "No API key found in request"],
    [JSON_TYPE, '{"apikey":["alice-key"]}', "Duplicate API key found"],
    [JSON_TYPE, '{"apikey":"nobody"}', "Unauthorized"],
    [FORM_TYPE, "", "No API key found in request"],
    [FORM_TYPE, "apikey=alice-key&apikey=alice-key", "Duplicate API key found"],
  ] as const) {
    assertRefused(await handleBody(type, body), message);
  }
});

test("refuses a body that is not what its type says, with 400", async () => {
  const exchange = await handleBody(JSON_TYPE, "{not json");
  assert.equal(exchange.response.status, 400);
  assert.match(exchange.response.body ?? "", /"Cannot process request body"/);
  assert.equal(exchange.response.header("www-authenticate"), undefined);
  const anonymous = await handleBody(JSON_TYPE, "{not json", { anonymous: "guest" });
  assert.equal(anonymous.consumers.current?.id, "guest-id");
});

test("hides the key in the body from the upstream, and keeps the rest", async () => {
  const config = { hide_credentials: true };
  const json = await handleBody(JSON_TYPE, '{"a":[1],"apikey":"alice-key","b":2}', config);
  assert.equal(json.request.body, '{"a":[1],"b":2}');
  const form = await handleBody(FORM_TYPE, "a=%7e&apikey=alice-key&b+c=2", config);
  assert.equal(form.request.body, "a=%7e&b+c=2");
  const both = await handle(
    { hide_credentials: true, key_in_body: true },
    { headers: { "content-type": JSON_TYPE, apikey: "alice-key" }, body: '{"apikey":"other"}' },
  );
  assert.equal(both.consumers.current?.id, "alice-id");
  assert.equal(both.request.body, "{}");
});

test("refuses a config that it cannot carry out", () => {
  const gateway = createGateway();
  const nowhere = { key_in_header: false, key_in_query: false };
  assert.throws(() => configure(gateway, nowhere), {
    name: "ConfigError",
    message: /key_in_header, key_in_query or key_in_body must be true/,
  });
  configure(gateway, { ...nowhere, key_in_body: true });
});
