import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { beforeEach, test } from "node:test";

import { FetchError, jwt } from "@sluice/plugin-sdk";
import type { ConfigInput, JwtKey, JwtObject } from "@sluice/plugin-sdk";
import { FakeGateway, answerFetches, fillDefaults } from "@sluice/plugin-sdk/testing";

import openidConnect from "./plugin.ts";

type Config = ConfigInput<typeof openidConnect>;

const ISSUER = "https://login.test";
const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const SIGNING: JwtKey = {
  pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  kid: "k",
};
const KEYS = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k" }] };

let document: Record<string, unknown>;
let asked: string[];
let isDown = false;
beforeEach(() => {
  document = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` };
  asked = [];
  isDown = false;
  answerFetches((url) => {
    asked.push(url);
    if (isDown) throw new FetchError("unreachable", "down");
    return { body: url.endsWith("/keys") ? KEYS : document };
  });
});

function tokenOf(nowMs: number, claims: JwtObject = {}): string {
  const iat = Math.floor(nowMs / 1000);
  const all = { iss: ISSUER, sub: "alice", iat, exp: iat + 3600, ...claims };
  return jwt.sign(all, SIGNING, { algorithm: "ES256" });
}

function gatewayOf(config: Partial<Config> = {}) {
  const consumers = [{ id: "alice-id", username: "alice", customId: "a-1" }];
  const gateway = new FakeGateway({ consumers, nowMs: Date.now() });
  const plugin = gateway.configure(openidConnect, { issuer: ISSUER, ...config });
  return {
    gateway,
    handle: (claims?: JwtObject) =>
      gateway.handle(plugin, {
        headers: { authorization: `Bearer ${tokenOf(gateway.nowMs, claims)}` },
      }),
  };
}

test("states Kong's name, priority and the defaults that matter", () => {
  const { manifest } = openidConnect;
  assert.deepEqual([manifest.name, manifest.priority], ["openid-connect", 1050]);
  const defaults = fillDefaults(manifest.config, { issuer: ISSUER }) as Record<string, unknown>;
  assert.deepEqual(defaults["consumer_by"], ["username", "custom_id"]);
  assert.deepEqual(defaults["credential_claim"], ["sub"]);
  assert.equal(defaults["leeway"], 0);
});

test("refuses a config that makes no sense", () => {
  for (const config of [
    { upstream_headers_claims: ["a"] },
    { upstream_headers_claims: ["a"], upstream_headers_names: ["X-Forwarded-For"] },
    { bearer_token_param_type: ["cookie" as const] },
    { bearer_token_cookie_name: "c" },
  ]) {
    assert.throws(() => gatewayOf(config), { name: "ConfigError" }, JSON.stringify(config));
  }
});

test("fetches document and keys once, and knows a token again without either", async () => {
  const { handle } = gatewayOf();
  for (let round = 0; round < 2; round++) assert.equal((await handle()).isAnswered, false);
  assert.deepEqual(asked, [`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/keys`]);
  isDown = true;
  assert.equal((await handle()).isAnswered, false);
});

test("goes on with the document that it has when a newer one cannot be had", async () => {
  const { gateway, handle } = gatewayOf({ cache_ttl: 10 });
  await handle();
  isDown = true;
  gateway.nowMs += 20_000;
  assert.equal((await handle({ jti: "2" })).isAnswered, false);
  assert.ok(asked.length > 2);
});

test("believes no document that speaks for another issuer, or leads keys off TLS", async () => {
  for (const odd of [
    { issuer: "https://other.test" },
    { issuer: `${ISSUER}/other` },
    { jwks_uri: "http://login.test/keys" },
    { jwks_uri: undefined },
  ]) {
    document = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys`, ...odd };
    assert.equal((await gatewayOf().handle()).response.status, 503, JSON.stringify(odd));
  }
});

test("issuers_allowed stands in for the issuer of the document", async () => {
  const config = { issuers_allowed: ["https://tenant.test"] };
  assert.equal((await gatewayOf(config).handle({ iss: "https://tenant.test" })).isAnswered, false);
  assert.equal((await gatewayOf(config).handle()).response.status, 401);
});

test("finds the consumer by the claim's path, in the order of consumer_by", async () => {
  const config = { consumer_claim: ["user", "id"], consumer_by: ["custom_id" as const] };
  const found = await gatewayOf(config).handle({ user: { id: "a-1" } });
  assert.equal(found.consumers.current?.id, "alice-id");
  assert.equal(found.consumers.credentialId, "alice");
  assert.equal((await gatewayOf(config).handle({ user: { id: "alice" } })).response.status, 403);
  const optional = await gatewayOf({ ...config, consumer_optional: true }).handle();
  assert.equal(optional.isAnswered, false);
  assert.equal(optional.consumers.credentialId, "alice");
});

test("leeway forgives as much, and maximum_expiration bounds exp", async () => {
  const late = { exp: Math.floor(Date.now() / 1000) - 30 };
  assert.equal((await gatewayOf().handle(late)).response.status, 401);
  assert.equal((await gatewayOf({ leeway: 60 }).handle(late)).isAnswered, false);
  assert.equal((await gatewayOf({ maximum_expiration: 60 }).handle()).response.status, 401);
});

test("writes claims as headers whatever they are", async () => {
  const config = {
    upstream_headers_claims: ["name", "n", "list", "none"],
    upstream_headers_names: ["X-Name", "X-N", "X-List", "X-None"],
  };
  const { request } = await gatewayOf(config).handle({ name: "a\r\nX-B: 1", n: 7, list: ["ü"] });
  assert.equal(request.header("x-name"), "a%0D%0AX-B:%201");
  assert.equal(request.header("x-n"), "7");
  assert.equal(request.header("x-list"), encodeURI('["ü"]'));
  assert.equal(request.header("x-none"), undefined);
});
