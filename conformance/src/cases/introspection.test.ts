// oauth2-introspection: what the authorization server says of a token, how often it is asked, and what it learns.
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { get } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { startIdentityProvider } from "../harness/identity-provider.ts";
import { nowS } from "../harness/tokens.ts";

const server = await startIdentityProvider();
after(() => server.close());
beforeEach(() => {
  server.misbehave.clear();
  server.asked.length = 0;
  server.introspected.length = 0;
});

const AUTHORIZATION = "Basic Z2F0ZXdheTpzM2NyZXQ=";

const used = useGateway(([port = 0]) => {
  const at = (name: string, fields: Entry = {}): Entry =>
    service(name, port, `/${name}`, {
      plugins: [
        {
          name: "oauth2-introspection",
          config: {
            introspection_url: `${server.issuer}/introspect`,
            authorization_value: AUTHORIZATION,
            timeout: 200,
            ...fields,
          },
        },
      ],
    });
  return {
    config: config({
      services: [
        at("plain"),
        at("client", {
          authorization_value: null,
          client_id: "gate way",
          client_secret: "a:b",
          token_type_hint: "access_token",
          consumer_by: "client_id",
          consumer_optional: false,
          introspect_request: true,
          custom_introspection_headers: { "X-Realm": "orders" },
        }),
        at("anonymous", { anonymous: "guest", ttl: 0 }),
        at("scopes", { scopes_required: ["read write"], custom_claims_forward: ["tenant"] }),
        at("hidden", { hide_credentials: true }),
      ],
      consumers: [{ username: "alice", custom_id: "app-1" }, { username: "guest" }],
    }),
  };
});

function ask(path: string, token: string, ...lines: string[]): Promise<Response> {
  return used.gateway.ask(get(path, `Authorization: Bearer ${token}`, ...lines));
}

test("introspection: an active token is its user's, and the upstream learns what is known of it", async () => {
  server.tokens.set("t1", {
    username: "alice",
    client_id: "app",
    scope: "read",
    sub: "u-1",
    aud: ["a", "b"],
  });
  assert.equal((await ask("/plain", "t1")).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "alice");
  assert.equal(request.header("x-credential-identifier"), "alice");
  assert.equal(request.header("x-credential-client-id"), "app");
  assert.equal(request.header("x-credential-scope"), "read");
  assert.equal(request.header("x-credential-sub"), "u-1");
  assert.equal(request.header("x-credential-aud"), "a, b");
  const [question] = server.introspected;
  assert.equal(question?.headers.authorization, AUTHORIZATION);
  assert.equal(
    question?.headers["content-type"],
    "application/x-www-form-urlencoded;charset=UTF-8",
  );
  assert.equal(question?.body, "token=t1");
});

test("introspection: an answer counts for its ttl, whether active or not", async () => {
  server.tokens.set("t2", { username: "alice" });
  for (let round = 0; round < 3; round++) assert.equal((await ask("/plain", "t2")).status, 200);
  for (let round = 0; round < 3; round++) assert.equal((await ask("/plain", "no")).status, 401);
  assert.equal(server.introspected.length, 2);
});

test("introspection: a token that nobody vouches for is 401", async () => {
  const response = await ask("/plain", "unknown");
  assert.equal(response.status, 401);
  assert.equal(
    response.header("www-authenticate"),
    'Bearer realm="service", error="invalid_token"',
  );
  const none = await used.gateway.get("/plain");
  assert.equal(none.status, 401);
  assert.equal(none.header("www-authenticate"), 'Bearer realm="service"');
  assert.equal(used.upstream.requests.length, 0);
});

test("J6 introspection: a token that has expired meanwhile, or is active in other words only", async () => {
  server.tokens.set("old", { username: "alice", exp: nowS() - 1 });
  server.tokens.set("new", { username: "alice", nbf: nowS() + 100 });
  assert.equal((await ask("/plain", "old")).status, 401);
  assert.equal((await ask("/plain", "new")).status, 401);
  for (const [at, active] of ["true", 1, null, {}].entries()) {
    server.tokens.set(`odd-${at}`, { username: "alice", active });
    assert.equal((await ask("/plain", `odd-${at}`)).status, 401);
  }
});

test("J11 introspection: requests that come together with one token ask once", async () => {
  server.tokens.set("t3", { username: "alice" });
  const responses = await Promise.all(Array.from({ length: 20 }, () => ask("/plain", "t3")));
  assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]));
  assert.equal(server.introspected.length, 1);
});

test("introspection: the client's id and secret, the hint, headers and the request are told", async () => {
  server.tokens.set("t4", { client_id: "app-1" });
  assert.equal((await ask("/client/orders", "t4")).status, 200);
  const [question] = server.introspected;
  assert.equal(question?.headers.authorization, `Basic ${btoa("gate%20way:a%3Ab")}`);
  assert.equal(question?.headers["x-realm"], "orders");
  assert.equal(question?.headers["x-request-path"], "/client/orders");
  assert.equal(question?.headers["x-request-http-method"], "GET");
  assert.equal(question?.body, "token=t4&token_type_hint=access_token");
  assert.equal((await used.upstream.request()).header("x-consumer-username"), "alice");
  // What is said of one path is not said of another.
  await ask("/client/other", "t4");
  assert.equal(server.introspected.length, 2);
});

test("introspection: with consumer_optional false, a token that is no consumer's is 401", async () => {
  server.tokens.set("t5", { client_id: "stranger" });
  assert.equal((await ask("/client", "t5")).status, 401);
});

test("introspection: scopes_required asks for all words of one of its texts", async () => {
  server.tokens.set("t6", { scope: "write read more", tenant: "acme" });
  server.tokens.set("t7", { scope: "read" });
  assert.equal((await ask("/scopes", "t6")).status, 200);
  assert.equal((await used.upstream.request()).header("x-credential-tenant"), "acme");
  const refused = await ask("/scopes", "t7");
  assert.equal(refused.status, 403);
  assert.match(refused.header("www-authenticate") ?? "", /insufficient_scope/);
});

test("T3 introspection: what the client says of its credential is not believed", async () => {
  server.tokens.set("t8", { username: "alice" });
  await ask("/plain", "t8", "X-Credential-Scope: admin", "X-Credential-Username: root");
  assert.doesNotMatch((await used.upstream.request()).headText, /admin|root/);
});

test("introspection: a token that is not active makes the anonymous consumer", async () => {
  assert.equal((await ask("/anonymous", "no")).status, 200);
  assert.equal((await used.upstream.request()).header("x-consumer-username"), "guest");
});

for (const [what, status, body] of [
  ["500", 500, "{}"],
  ["no JSON", 200, "<html>"],
  ["a list", 200, "[true]"],
  ["too much", 200, JSON.stringify({ active: true, more: "x".repeat(100_000) })],
  ["a redirect", 302, ""],
  ["nothing", undefined, ""],
] as const) {
  test(`J10 introspection: a server that answers ${what} lets nobody in, not even as anonymous`, async () => {
    server.tokens.set("t9", { username: "alice" });
    server.misbehave.set("/introspect", (_, response) => {
      if (status !== undefined) response.writeHead(status, { location: "/other" }).end(body);
    });
    assert.equal((await ask("/anonymous", "t9")).status, 503);
    assert.equal(used.upstream.requests.length, 0);
    assert.equal(server.count("/other"), 0);
  });
}

test("introspection: hide_credentials keeps the token from the upstream", async () => {
  server.tokens.set("t10", { username: "alice" });
  for (const bytes of [
    get("/hidden", "Authorization: Bearer t10"),
    get("/hidden?access_token=t10&a=b"),
  ]) {
    used.upstream.reset();
    assert.equal((await used.gateway.ask(bytes)).status, 200);
    assert.doesNotMatch((await used.upstream.request()).headText, /t10/);
  }
});

test("L2 introspection: neither tokens nor the gateway's secret are in its log", () => {
  assert.doesNotMatch(used.gateway.log, /Z2F0ZXdheTpzM2NyZXQ|"t9"/);
});
