// key-auth: Kong's fields, answers and upstream headers; the key itself goes nowhere else.
import assert from "node:assert/strict";
import { test } from "node:test";

import { get, head } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => {
  const at = (name: string, fields: Entry = {}): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false }],
    plugins: [{ name: "key-auth", config: fields }],
  });
  return {
    config: config({
      services: [
        at("default"),
        at("named", { key_names: ["x-key", "token"] }),
        at("hidden", { hide_credentials: true }),
        at("header-only", { key_in_query: false }),
        at("query-only", { key_in_header: false }),
        at("anonymous", { anonymous: "guest" }),
        at("realm", { realm: "my-realm" }),
        at("no-preflight", { run_on_preflight: false }),
        at("body", { key_in_body: true, hide_credentials: true }),
      ],
      consumers: [
        {
          username: "alice",
          custom_id: "customer-7",
          keyauth_credentials: [{ id: "3f1b4f5e-0000-4000-8000-000000000001", key: "alice-key" }],
        },
        { username: "guest" },
      ],
    }),
  };
});

async function assertRefused(bytes: string, message: string): Promise<void> {
  const response = await used.gateway.ask(bytes);
  assert.equal(response.status, 401);
  assert.match(response.header("www-authenticate") ?? "", /^Key\b/);
  assert.match(response.header("content-type") ?? "", /^application\/json/);
  assert.deepEqual(response.json(), { message, request_id: response.header("x-request-id") });
  assert.equal(used.upstream.requests.length, 0);
}

test("key-auth: no key is 401 with a challenge", async () => {
  await assertRefused(get("/default"), "No API key found in request");
});

test("key-auth: a key that nobody has is 401", async () => {
  await assertRefused(get("/default", "apikey: wrong"), "Unauthorized");
});

test("J12 key-auth: an empty key is 401", async () => {
  await assertRefused(get("/default", "apikey:"), "No API key found in request");
});

test("J12 key-auth: the same key twice in one request is 401", async () => {
  const response = await used.gateway.ask(
    get("/default", "apikey: alice-key", "apikey: alice-key"),
  );
  assert.equal(response.status, 401);
});

test("key-auth: the right key passes and the upstream learns who it is", async () => {
  assert.equal((await used.gateway.get("/default", "apikey: alice-key")).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "alice");
  assert.equal(request.header("x-consumer-custom-id"), "customer-7");
  assert.match(request.header("x-consumer-id") ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(request.header("x-credential-identifier"), "3f1b4f5e-0000-4000-8000-000000000001");
  assert.equal(request.header("x-anonymous-consumer"), undefined);
  assert.equal(request.header("apikey"), "alice-key");
});

test("T3 key-auth: identity headers that the client sent are replaced, not joined", async () => {
  await used.gateway.ask(
    get("/default", "apikey: alice-key", "X-Consumer-Username: root", "X-Consumer-Groups: admins"),
  );
  const request = await used.upstream.request();
  assert.deepEqual(request.all("x-consumer-username"), ["alice"]);
  assert.equal(request.header("x-consumer-groups"), undefined);
});

test("key-auth: the key is taken from the query too", async () => {
  assert.equal((await used.gateway.get("/default?a=b&apikey=alice%2Dkey")).status, 200);
});

test("key-auth: header names are case-insensitive", async () => {
  assert.equal((await used.gateway.get("/default", "APIKEY: alice-key")).status, 200);
});

for (const name of ["x-key", "token"]) {
  test(`key-auth: key_names: ${name} is looked at`, async () => {
    assert.equal((await used.gateway.get("/named", `${name}: alice-key`)).status, 200);
  });
}

test("key-auth: key_names: the default name is no longer looked at", async () => {
  await assertRefused(get("/named", "apikey: alice-key"), "No API key found in request");
});

test("J12 key-auth: hide_credentials takes the header away from the upstream", async () => {
  assert.equal((await used.gateway.get("/hidden", "apikey: alice-key")).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("apikey"), undefined);
  assert.doesNotMatch(request.headText, /alice-key/);
});

test("J12 key-auth: hide_credentials takes the query argument away and keeps the others", async () => {
  assert.equal((await used.gateway.get("/hidden?a=1&apikey=alice-key&b=%20")).status, 200);
  const request = await used.upstream.request();
  assert.doesNotMatch(request.headText, /alice-key/);
  assert.equal(request.target, "/hidden?a=1&b=%20");
});

test("key-auth: key_in_query false ignores the query", async () => {
  await assertRefused(get("/header-only?apikey=alice-key"), "No API key found in request");
});

test("key-auth: key_in_header false ignores the header", async () => {
  await assertRefused(get("/query-only", "apikey: alice-key"), "No API key found in request");
});

test("key-auth: anonymous lets a request without a key in as that consumer, and says so", async () => {
  assert.equal((await used.gateway.get("/anonymous")).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "guest");
  assert.equal(request.header("x-anonymous-consumer"), "true");
  assert.equal(request.header("x-credential-identifier"), undefined);
});

test("key-auth: with anonymous, the right key still makes its own consumer", async () => {
  await used.gateway.get("/anonymous", "apikey: alice-key");
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "alice");
  assert.equal(request.header("x-anonymous-consumer"), undefined);
});

test("key-auth: realm is named in the challenge", async () => {
  const response = await used.gateway.get("/realm");
  assert.equal(response.header("www-authenticate"), 'Key realm="my-realm"');
});

test("key-auth: a preflight needs a key unless run_on_preflight is false", async () => {
  const preflight = (path: string): string => head(`OPTIONS ${path} HTTP/1.1`, "Host: gw.test");
  assert.equal((await used.gateway.ask(preflight("/default"))).status, 401);
  assert.equal((await used.gateway.ask(preflight("/no-preflight"))).status, 200);
});

function post(path: string, type: string, body: string): string {
  const lines = ["Host: gw.test", `Content-Type: ${type}`, `Content-Length: ${body.length}`];
  return head(`POST ${path} HTTP/1.1`, ...lines) + body;
}

test("key-auth: key_in_body finds the key in JSON and forms, and the upstream does not", async () => {
  for (const [type, body, rest] of [
    ["application/json", '{"a":1,"apikey":"alice-key"}', '{"a":1}'],
    ["application/x-www-form-urlencoded", "a=1&apikey=alice-key", "a=1"],
  ] as const) {
    used.upstream.reset();
    assert.equal((await used.gateway.ask(post("/body", type, body))).status, 200);
    const request = await used.upstream.request();
    assert.equal(request.header("x-consumer-username"), "alice");
    assert.equal(request.body.toString(), rest);
    assert.equal(request.header("content-length"), String(rest.length));
  }
});

test("key-auth: key_in_body refuses what has no key, and what cannot be read", async () => {
  await assertRefused(post("/body", "application/json", "{}"), "No API key found in request");
  await assertRefused(
    post("/body", "text/plain", "apikey=alice-key"),
    "No API key found in request",
  );
  const unreadable = await used.gateway.ask(post("/body", "application/json", "{"));
  assert.equal(unreadable.status, 400);
  const large = await used.gateway.ask(post("/body", "application/json", " ".repeat(1_048_577)));
  assert.equal(large.status, 413);
  assert.equal(used.upstream.requests.length, 0);
});
