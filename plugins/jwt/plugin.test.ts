import assert from "node:assert/strict";
import { test } from "node:test";

import { FetchError, jwt } from "@sluice/plugin-sdk";
import type { ConfigInput, JwtObject } from "@sluice/plugin-sdk";
import { FakeGateway, answerFetches, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import jwtPlugin from "./plugin.ts";

type Config = ConfigInput<typeof jwtPlugin>;

const SECRET = "a-secret-of-some-length";
const fields = { key: "k", secret: SECRET, algorithm: "HS256" };
const ALICE = {
  id: "alice-id",
  username: "alice",
  credentials: [{ id: "c-1", collection: "jwt_secrets", key: "k", identifier: "k", fields }],
};

function createGateway(consumers: readonly (typeof ALICE)[] = [ALICE]): FakeGateway {
  return new FakeGateway({ consumers, nowMs: Date.now() });
}

function handle(config: Config, request: FakeRequestInit): Promise<FakeExchange> {
  const gateway = createGateway();
  return gateway.handle(gateway.configure(jwtPlugin, config), request);
}

function tokenOf(claims: JwtObject): string {
  return jwt.sign(claims, { secret: SECRET }, { algorithm: "HS256", expiresInS: 60 });
}

function bearer(token: string): FakeRequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = jwtPlugin;
  assert.deepEqual([manifest.name, manifest.priority], ["jwt", 1450]);
  const defaults = fillDefaults(manifest.config, {}) as Record<string, unknown>;
  const { algorithms, ...others } = defaults;
  assert.equal((algorithms as string[]).length, 11);
  assert.deepEqual(others, {
    uri_param_names: ["jwt"],
    cookie_names: [],
    header_names: ["authorization"],
    key_claim_name: "iss",
    secret_is_base64: false,
    claims_to_verify: [],
    maximum_expiration: 0,
    hide_credentials: false,
    run_on_preflight: true,
    audiences: [],
    clock_skew_seconds: 0,
  });
});

test("refuses a config that finds no token", () => {
  const nowhere = { uri_param_names: [], header_names: [] };
  assert.throws(() => createGateway().configure(jwtPlugin, nowhere), { name: "ConfigError" });
});

test("authenticates the credential that the claim names", async () => {
  const { consumers, request } = await handle({}, bearer(tokenOf({ iss: "k" })));
  assert.equal(consumers.current?.id, "alice-id");
  assert.equal(request.header("x-credential-identifier"), "k");
  const byName = { key_claim_name: "sub" };
  assert.equal((await handle(byName, bearer(tokenOf({ sub: "k" })))).isAnswered, false);
  assert.equal((await handle(byName, bearer(tokenOf({ iss: "k" })))).response.status, 401);
});

test("issuer and audiences bound which tokens of a credential count", async () => {
  const config = { key_claim_name: "sub", issuer: "me", audiences: ["a", "b"] };
  const good = { sub: "k", iss: "me", aud: ["x", "b"] };
  assert.equal((await handle(config, bearer(tokenOf(good)))).isAnswered, false);
  const wrongIssuer = await handle(config, bearer(tokenOf({ ...good, iss: "you" })));
  assert.deepEqual(JSON.parse(wrongIssuer.response.body ?? ""), { iss: "is not the issuer" });
  const wrongAudience = await handle(config, bearer(tokenOf({ ...good, aud: "x" })));
  assert.deepEqual(JSON.parse(wrongAudience.response.body ?? ""), { aud: "is not the audience" });
});

test("knows a token again until it expires, and asks for no signature meanwhile", async () => {
  const gateway = createGateway();
  const plugin = gateway.configure(jwtPlugin, {});
  const token = tokenOf({ iss: "k" });
  assert.equal((await gateway.handle(plugin, bearer(token))).isAnswered, false);
  // The credential's secret is no longer the one that signed it, which only a second check would find out.
  fields.secret = "another";
  try {
    assert.equal((await gateway.handle(plugin, bearer(token))).isAnswered, false);
    gateway.nowMs += 61_000;
    assert.equal((await gateway.handle(plugin, bearer(token))).response.status, 401);
  } finally {
    fields.secret = SECRET;
  }
});

test("forgets a token whose credential is of an earlier config", async () => {
  const plugin = createGateway().configure(jwtPlugin, {});
  const token = tokenOf({ iss: "k" });
  assert.equal((await createGateway().handle(plugin, bearer(token))).isAnswered, false);
  const later = await createGateway([]).handle(plugin, bearer(token));
  assert.equal(later.response.status, 401);
});

test("is 503 when the issuer's keys cannot be had, even with anonymous", async () => {
  answerFetches(() => {
    throw new FetchError("unreachable", "nobody there");
  });
  try {
    const config = { jwks_uri: "http://keys.test/", anonymous: "alice" };
    const exchange = await handle(config, bearer(tokenOf({ iss: "k" })));
    assert.equal(exchange.response.status, 503);
    assert.equal(exchange.consumers.current, undefined);
  } finally {
    answerFetches();
  }
});
