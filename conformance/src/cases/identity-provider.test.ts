// openid-connect, and jwt with published keys, against a provider that may be slow, wrong or hostile.
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { get } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { startIdentityProvider } from "../harness/identity-provider.ts";
import type { IdentityProvider } from "../harness/identity-provider.ts";
import { reply } from "../harness/upstream.ts";
import { nowS, rsaKey, signed } from "../harness/tokens.ts";
import type { Json } from "../harness/tokens.ts";

const KEY = rsaKey("main");
const NEXT = rsaKey("next");
const WEAK = rsaKey("weak", 1024);
const SECRET = { kty: "oct", kid: "secret", k: btoa("published-secret").replace(/=+$/, "") };
const EMAIL = { upstream_headers_claims: ["email"], upstream_headers_names: ["X-Email"] };
const DISCOVERY = "/.well-known/openid-configuration";

/** One each for what would spoil what the others know of it. */
const usual = await startIdentityProvider();
const rotating = await startIdentityProvider();
const flooded = await startIdentityProvider();
const redirecting = await startIdentityProvider();
const jwtKeys = await startIdentityProvider();

interface Illness {
  readonly what: string;
  readonly path: string;
  /** A body of status 200, undefined for 500, or null for no answer at all. */
  answer(document: Json): string | undefined | null;
}

const ILLNESSES: readonly Illness[] = [
  { what: "500", path: DISCOVERY, answer: () => undefined },
  { what: "no JSON", path: DISCOVERY, answer: () => "<html>" },
  { what: "null", path: DISCOVERY, answer: () => "null" },
  {
    what: "another issuer",
    path: DISCOVERY,
    answer: (own) => JSON.stringify({ ...own, issuer: "http://127.0.0.1:1" }),
  },
  { what: "a document of 1 MB", path: DISCOVERY, answer: () => JSON.stringify(["x".repeat(1e6)]) },
  { what: "no document", path: DISCOVERY, answer: () => null },
  {
    what: "keys in a private place",
    path: DISCOVERY,
    answer: (own) =>
      JSON.stringify({
        ...own,
        jwks_uri: usual.issuer.replace("127.0.0.1", "localhost") + "/keys",
      }),
  },
  { what: "500 for keys", path: "/keys", answer: () => undefined },
  {
    what: "keys of 1 MB",
    path: "/keys",
    answer: () => JSON.stringify({ keys: ["x".repeat(1e6)] }),
  },
  { what: "keys that are no list", path: "/keys", answer: () => '{"keys":{}}' },
  { what: "no keys", path: "/keys", answer: () => null },
];
const ill = await Promise.all(ILLNESSES.map(() => startIdentityProvider()));

const all = [usual, rotating, flooded, redirecting, jwtKeys, ...ill];
after(() => Promise.all(all.map((each) => each.close())));
beforeEach(() => {
  for (const each of all) {
    each.keys = [KEY.jwk, WEAK.jwk, SECRET];
    each.misbehave.clear();
    each.asked.length = 0;
  }
});

const used = useGateway(([port = 0]) => {
  const at = (
    name: string,
    provider: IdentityProvider,
    fields: Entry = {},
    ...more: Entry[]
  ): Entry =>
    service(name, port, `/${name}`, {
      plugins: [
        { name: "openid-connect", config: { issuer: provider.issuer, ...fields } },
        ...more,
      ],
    });
  return {
    config: config({
      services: [
        at("plain", usual),
        at("consumer", usual, {
          consumer_claim: ["sub"],
          ...EMAIL,
        }),
        at("audience", usual, { audience_required: ["orders"] }),
        at("scopes", usual, { scopes_required: ["read write", "admin"] }),
        at(
          "groups",
          usual,
          { authenticated_groups_claim: ["realm", "groups"] },
          { name: "acl", config: { allow: ["staff"] } },
        ),
        at(
          "kept",
          usual,
          {
            hide_credentials: true,
            authenticated_groups_claim: ["groups"],
            ...EMAIL,
          },
          { name: "proxy-cache", config: { strategy: "memory" } },
        ),
        at("anonymous", usual, {
          anonymous: "guest",
          ...EMAIL,
        }),
        at("rotating", rotating, { rediscovery_lifetime: 0 }),
        at("flooded", flooded),
        ...ill.map((provider, index) =>
          at(`ill-${index}`, provider, { anonymous: "guest", timeout: 150 }),
        ),
        at("redirecting", redirecting),
        service("jwt", port, "/jwt", {
          plugins: [
            {
              name: "jwt",
              config: {
                jwks_uri: `${jwtKeys.issuer}/keys`,
                issuer: jwtKeys.issuer,
                key_claim_name: "sub",
                audiences: ["orders"],
              },
            },
          ],
        }),
      ],
      consumers: [{ username: "alice", custom_id: "a-1" }, { username: "guest" }],
    }),
  };
});

function ask(path: string, token: string): Promise<Response> {
  return used.gateway.ask(get(path, `Authorization: Bearer ${token}`));
}

async function assertStatus(
  path: string,
  token: string,
  status: number,
  why: string = "",
): Promise<void> {
  const response = await ask(path, token);
  assert.equal(response.status, status, `${why} ${response.text}`);
}

test("openid-connect: a token of the provider is let in, and its keys are asked for once", async () => {
  for (let round = 0; round < 3; round++)
    await assertStatus("/plain", usual.token(KEY, { round }), 200);
  assert.deepEqual(usual.asked, [`GET ${DISCOVERY}`, "GET /keys"]);
  const request = await used.upstream.request();
  assert.equal(request.header("x-credential-identifier"), "alice");
  assert.equal(request.header("x-consumer-username"), undefined);
  assert.equal(request.header("x-anonymous-consumer"), undefined);
});

test("openid-connect: no token is 401 with a challenge", async () => {
  const response = await used.gateway.get("/plain");
  assert.equal(response.status, 401);
  assert.equal(response.header("www-authenticate"), "Bearer");
});

test("openid-connect: tokens of others, expired ones, and ones that never expire are 401", async () => {
  for (const claims of [
    { iss: "https://evil.example" },
    { exp: nowS() - 10 },
    { exp: undefined },
    { nbf: nowS() + 100 },
    { exp: "9999999999" },
  ]) {
    await assertStatus("/plain", usual.token(KEY, claims), 401, JSON.stringify(claims));
  }
  await assertStatus("/plain", usual.token(NEXT, {}, { kid: "main" }), 401);
  await assertStatus("/plain", `${usual.token(KEY)}x`, 401);
});

test("openid-connect: the claim names the consumer, and others go upstream", async () => {
  await assertStatus("/consumer", usual.token(KEY, { sub: "a-1", email: "a@b.test" }), 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "alice");
  assert.equal(request.header("x-credential-identifier"), "a-1");
  assert.equal(request.header("x-email"), "a@b.test");
  await assertStatus("/consumer", usual.token(KEY, { sub: "nobody" }), 403);
});

test("T3 openid-connect: a header that a claim should fill is the gateway's, also without that claim", async () => {
  const token = usual.token(KEY, { sub: "alice" });
  const forged = ["X-Email: root@evil", "X-Authenticated-Groups: root", "X-Credential-Scope: all"];
  const lines = [`Authorization: Bearer ${token}`, ...forged, "X_Authenticated_Userid: 1"];
  await used.gateway.ask(get("/consumer", ...lines));
  const { headText } = await used.upstream.request();
  assert.doesNotMatch(headText, /root@evil|root|Scope|X_Auth/i);
});

test("T2 T3 openid-connect: nor is it the client's without a token, in any spelling", async () => {
  const lines = ["X-Email: root@evil", "X_Email: root@evil", "x-EMAIL: root@evil"];
  await used.gateway.ask(get("/anonymous", ...lines));
  await used.gateway.ask(get("/anonymous", "Authorization: Bearer x", ...lines));
  assert.equal(used.upstream.requests.length, 2);
  for (const { headText } of used.upstream.requests) assert.doesNotMatch(headText, /root@evil/);
});

test("K1 openid-connect: tokens that say different things share nothing in a cache, hidden or not", async () => {
  let count = 0;
  used.upstream.answer = (_, connection) =>
    void connection.send(reply("200 OK", String(++count), "Content-Type: text/plain"));
  const claims = [
    { sub: "ann", groups: ["staff"] },
    { sub: "ann", groups: ["guests"] },
    { sub: undefined, email: "a@b.test" },
    { sub: undefined, email: "c@d.test" },
  ];
  const bodies = new Set<string>();
  for (const each of claims) bodies.add((await ask("/kept", usual.token(KEY, each))).text);
  assert.equal(bodies.size, claims.length);
});

test("openid-connect: audience and scopes", async () => {
  await assertStatus("/audience", usual.token(KEY, { aud: ["a", "orders"] }), 200);
  await assertStatus("/audience", usual.token(KEY, { aud: "other" }), 403);
  await assertStatus("/audience", usual.token(KEY), 403);
  await assertStatus("/scopes", usual.token(KEY, { scope: "write read" }), 200);
  await assertStatus("/scopes", usual.token(KEY, { scope: "admin" }), 200);
  const refused = await ask("/scopes", usual.token(KEY, { scope: "read" }));
  assert.equal(refused.status, 403);
  assert.match(refused.header("www-authenticate") ?? "", /insufficient_scope/);
});

test("openid-connect: groups of the token are acl's groups", async () => {
  await assertStatus("/groups", usual.token(KEY, { realm: { groups: ["staff", "x"] } }), 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-authenticated-groups"), "staff, x");
  await assertStatus("/groups", usual.token(KEY, { realm: { groups: ["guests"] } }), 403);
  await assertStatus("/groups", usual.token(KEY), 403);
});

test("openid-connect: a bad token makes the anonymous consumer", async () => {
  await assertStatus("/anonymous", "not-a-token", 200);
  assert.equal((await used.upstream.request()).header("x-consumer-username"), "guest");
});

test("J3 openid-connect: a published secret signs nothing", async () => {
  const payload = { iss: usual.issuer, sub: "alice", exp: nowS() + 60 };
  const token = signed({ alg: "HS256", kid: "secret" }, payload, "published-secret");
  await assertStatus("/plain", token, 401);
  await assertStatus("/plain", signed({ alg: "HS256", kid: "main" }, payload, KEY.publicPem), 401);
});

test("J13 openid-connect: a weak key signs nothing", async () => {
  await assertStatus("/plain", usual.token(WEAK), 401);
});

test("J4 openid-connect: a kid that two keys have is 401", async () => {
  rotating.keys = [KEY.jwk, { ...NEXT.jwk, kid: "main" }];
  await assertStatus("/rotating", rotating.token(KEY), 401);
  await assertStatus("/rotating", rotating.token(NEXT, {}, { kid: "main" }), 401);
});

test("J11 openid-connect: a new key is fetched when a token names it", async () => {
  rotating.keys = [NEXT.jwk];
  await assertStatus("/rotating", rotating.token(NEXT), 200);
});

test("J10 openid-connect: keys that were fetched serve on while the provider is ill", async () => {
  for (const path of [DISCOVERY, "/keys"]) {
    rotating.misbehave.set(path, (_, response) => response.writeHead(500).end());
  }
  await assertStatus("/rotating", rotating.token(NEXT, { jti: "later" }), 200);
  await assertStatus("/rotating", rotating.token(KEY, {}, { kid: "never-seen" }), 401);
});

test("J11 openid-connect: a flood of unknown kids asks the provider once", async () => {
  await assertStatus("/flooded", flooded.token(KEY), 200);
  flooded.asked.length = 0;
  const kids = Array.from({ length: 40 }, (_, at) => `unknown-${at}`);
  const responses = await Promise.all(
    kids.map((kid) => ask("/flooded", flooded.token(KEY, {}, { kid }))),
  );
  assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([401]));
  assert.ok(flooded.count("/keys") <= 1, `asked ${flooded.count("/keys")} times`);
});

for (const [index, { what, path, answer }] of ILLNESSES.entries()) {
  test(`J10 openid-connect: a provider with ${what} lets nobody in, not even as anonymous`, async () => {
    const provider = ill[index];
    assert.ok(provider !== undefined);
    const document = { issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys` };
    provider.misbehave.set(path, (_, response) => {
      const body = answer(document);
      if (body !== null) response.writeHead(body === undefined ? 500 : 200).end(body);
    });
    await assertStatus(`/ill-${index}`, provider.token(KEY), 503, what);
    assert.equal(provider.count(path), 1);
    assert.equal(used.upstream.requests.length, 0);
  });
}

test("J10 openid-connect: a redirect to another place is not followed", async () => {
  redirecting.misbehave.set("/keys", (_, response) => {
    response.writeHead(302, { location: `${usual.issuer}/keys` }).end();
  });
  await assertStatus("/redirecting", redirecting.token(KEY), 503);
  assert.equal(usual.count("/keys"), 0);
});

test("jwt: jwks_uri checks tokens with the issuer's keys, and the claim names the consumer", async () => {
  const good = { aud: "orders", sub: "alice" };
  for (let round = 0; round < 2; round++) await assertStatus("/jwt", jwtKeys.token(KEY, good), 200);
  assert.equal((await used.upstream.request()).header("x-consumer-username"), "alice");
  assert.equal(jwtKeys.count("/keys"), 1);
  await assertStatus("/jwt", jwtKeys.token(KEY, { ...good, aud: "other" }), 401);
  await assertStatus("/jwt", jwtKeys.token(KEY, { ...good, iss: "other" }), 401);
  await assertStatus("/jwt", jwtKeys.token(KEY, { ...good, sub: "nobody" }), 401);
  await assertStatus("/jwt", jwtKeys.token(WEAK, good), 401);
});

test("L2 openid-connect: no token is in the gateway's log", () => {
  assert.doesNotMatch(used.gateway.log, /eyJ/);
});
