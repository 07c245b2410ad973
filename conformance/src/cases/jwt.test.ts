// jwt: Kong's fields and answers, and every way to forge a token that threats.md knows.
import assert from "node:assert/strict";
import { test } from "node:test";

import { get } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { base64url, ecKey, edKey, nowS, rsaKey, signed } from "../harness/tokens.ts";
import type { Json } from "../harness/tokens.ts";

const RSA = rsaKey("r");
const EC = ecKey("e");
const ED = edKey("d");
const SECRET = "a-shared-secret-of-some-length";
const ROUTES: Readonly<Record<string, Entry>> = {
  plain: {},
  strict: { claims_to_verify: ["exp", "nbf"], maximum_expiration: 600, realm: "here" },
  anonymous: { anonymous: "guest" },
  places: { cookie_names: ["token"], header_names: ["x-token"], hide_credentials: true },
  encoded: { secret_is_base64: true },
  subject: { key_claim_name: "kid", clock_skew_seconds: 60 },
};

function gatewayConfig(port: number, secret: string = SECRET): Entry {
  return {
    ...config({
      services: Object.entries(ROUTES).map(([name, fields]) =>
        service(name, port, `/${name}`, { plugins: [{ name: "jwt", config: fields }] }),
      ),
      consumers: [
        {
          username: "alice",
          jwt_secrets: [
            { key: "hs", secret },
            { key: "hs512", secret, algorithm: "HS512" },
            { key: "rs", rsa_public_key: RSA.publicPem, algorithm: "RS256" },
            { key: "ps", rsa_public_key: RSA.publicPem, algorithm: "PS256" },
            { key: "es", rsa_public_key: EC.publicPem, algorithm: "ES256" },
            { key: "ed", rsa_public_key: ED.publicPem, algorithm: "EdDSA" },
            { key: "b64", secret: Buffer.from([1, 2, 250, 255]).toString("base64") },
          ],
        },
        { username: "guest" },
      ],
    }),
  };
}

const used = useGateway(([port = 0]) => ({ config: gatewayConfig(port) }));

function ask(token: string, path: string = "/plain"): Promise<Response> {
  return used.gateway.ask(get(path, `Authorization: Bearer ${token}`));
}

async function assertRefused(token: string, message: string | Json, path?: string): Promise<void> {
  const response = await ask(token, path);
  assert.equal(response.status, 401, `${JSON.stringify(message)}: ${response.text}`);
  assert.match(response.header("www-authenticate") ?? "", /^Bearer .*error="invalid_token"/);
  const body = response.json() as { message?: string };
  if (typeof message === "string") assert.equal(body.message, message);
  else assert.deepEqual(body, message);
  assert.equal(used.upstream.requests.length, 0);
}

const inAnHour = (): Json => ({ iss: "rs", exp: nowS() + 3600 });
const rs = (payload: Json | string, header: Json = {}): string =>
  signed({ alg: "RS256", typ: "JWT", ...header }, payload, RSA.privateKey);
const hs = (payload: Json | string, header: Json = {}): string =>
  signed({ alg: "HS256", typ: "JWT", ...header }, payload, SECRET);

test("jwt: the algorithm of each credential lets its tokens in, and the upstream learns whose they are", async () => {
  for (const [key, algorithm, by] of [
    ["hs", "HS256", SECRET],
    ["hs512", "HS512", SECRET],
    ["rs", "RS256", RSA.privateKey],
    ["ps", "PS256", RSA.privateKey],
    ["es", "ES256", EC.privateKey],
    ["ed", "EdDSA", ED.privateKey],
  ] as const) {
    used.upstream.reset();
    const response = await ask(signed({ alg: algorithm }, { iss: key }, by));
    assert.equal(response.status, 200, used.gateway.log);
    const request = await used.upstream.request();
    assert.equal(request.header("x-consumer-username"), "alice");
    assert.equal(request.header("x-credential-identifier"), key);
  }
});

test("jwt: no token is 401 with a challenge, and Kong's message", async () => {
  const response = await used.gateway.get("/plain");
  assert.equal(response.status, 401);
  assert.equal(response.header("www-authenticate"), "Bearer");
  assert.equal((response.json() as { message: string }).message, "Unauthorized");
});

test("J1 jwt: alg none, however it is spelt", async () => {
  for (const alg of ["none", "NoNe", "NONE", ""]) {
    const token = `${base64url({ alg })}.${base64url(inAnHour())}.`;
    await assertRefused(token, "Invalid algorithm");
  }
});

test("J2 jwt: HS256 with the RSA public key as the secret", async () => {
  await assertRefused(signed({ alg: "HS256" }, inAnHour(), RSA.publicPem), "Invalid algorithm");
});

test("J2 jwt: another algorithm of the same key than the credential's", async () => {
  await assertRefused(signed({ alg: "PS256" }, inAnHour(), RSA.privateKey), "Invalid algorithm");
  await assertRefused(hs({ iss: "hs512" }), "Invalid algorithm");
});

test("J4 jwt: a key that is a path, a query or long finds nothing", async () => {
  for (const kid of ["../../etc/passwd", "' OR 1=1 --", "k".repeat(5000), "__proto__"]) {
    await assertRefused(hs({}, { kid }), "No credentials found for given 'kid'", "/subject");
  }
  await assertRefused(hs({}), "No mandatory 'kid' in claims", "/subject");
  await assertRefused(hs({ kid: ["hs"] }), "Invalid 'kid' in claims", "/subject");
});

test("J5 jwt: keys in the token's own header are ignored", async () => {
  const own = rsaKey("own");
  for (const header of [
    { jwk: own.jwk },
    { jku: `http://127.0.0.1:${used.upstream.port}/keys` },
    { x5u: `http://127.0.0.1:${used.upstream.port}/cert` },
  ]) {
    const token = signed({ alg: "RS256", ...header }, inAnHour(), own.privateKey);
    await assertRefused(token, "Invalid signature");
  }
  assert.equal(used.upstream.connectionCount, 0);
});

test("J6 jwt: times that are no numbers, or out of range", async () => {
  for (const exp of ['"9999999999"', "null", "[]", "true", "{}"]) {
    await assertRefused(rs(`{"iss":"rs","exp":${exp}}`), { exp: "must be a number" });
  }
  for (const exp of [-1, 0, nowS() - 30]) {
    await assertRefused(rs({ iss: "rs", exp }), { exp: "token expired" });
  }
  await assertRefused(rs({ iss: "rs", nbf: nowS() + 30 }), { nbf: "token not valid yet" });
  await assertRefused(rs({ iss: "rs", nbf: 2 ** 53 }), { nbf: "token not valid yet" });
});

test("J6 jwt: clock_skew_seconds forgives as much", async () => {
  const at = (exp: number): string => hs({ kid: "hs", exp });
  assert.equal((await ask(at(nowS() - 30), "/subject")).status, 200);
  used.upstream.reset();
  await assertRefused(at(nowS() - 90), { exp: "token expired" }, "/subject");
});

test("J6 jwt: claims_to_verify must be there, and maximum_expiration bounds exp", async () => {
  const within = { iss: "rs", exp: nowS() + 300, nbf: nowS() - 1 };
  assert.equal((await ask(rs(within), "/strict")).status, 200);
  used.upstream.reset();
  await assertRefused(rs({ iss: "rs", nbf: 1 }), { exp: "must be a number" }, "/strict");
  const late = rs({ ...within, exp: nowS() + 700 });
  await assertRefused(late, { exp: "exceeds maximum allowed expiration" }, "/strict");
});

test("J7 jwt: crit and b64 false", async () => {
  await assertRefused(rs(inAnHour(), { crit: ["exp"] }), "Bad token; invalid JSON");
  await assertRefused(rs(inAnHour(), { crit: ["b64"], b64: false }), "Bad token; invalid JSON");
});

test("J8 jwt: payloads that are no object, repeated claims, nested and compressed tokens", async () => {
  for (const payload of ['"rs"', "[]", "null", "7", "{", '{"iss":"rs","iss":"hs"}']) {
    await assertRefused(
      rs(payload),
      payload.startsWith('{"iss') ? "Invalid algorithm" : "Bad token; invalid JSON",
    );
  }
  await assertRefused(rs('{"iss":"hs","iss":"rs"}'), "Bad token; invalid JSON");
  await assertRefused(rs(rs(inAnHour()), { cty: "JWT" }), "Bad token; invalid JSON");
  await assertRefused(rs(inAnHour(), { zip: "DEF" }), "Bad token; invalid JSON");
  await assertRefused(`${rs(inAnHour())}.e.f`, "Bad token; invalid JSON");
});

test("J8 jwt: a token of more than 16 KB is refused, one of a little less is not", async () => {
  const long = rs({ iss: "rs", more: "x".repeat(11_500) });
  assert.equal((await ask(long)).status, 200);
  used.upstream.reset();
  // The gateway's own limit on header lines comes first.
  assert.equal((await ask(rs({ iss: "rs", more: "x".repeat(12_500) }))).status, 431);
  assert.equal(used.upstream.requests.length, 0);
});

test("J9 jwt: another spelling of a good token, also after that was seen", async () => {
  const token = rs(inAnHour());
  assert.equal((await ask(token)).status, 200);
  used.upstream.reset();
  const [head = "", payload = "", signature = ""] = token.split(".");
  const last = signature.slice(-1);
  for (const forged of [
    `${token}=`,
    `${head}=.${payload}.${signature}`,
    `${head}.${payload}.${signature.slice(0, -1)}${last === "A" ? "B" : String.fromCharCode(last.charCodeAt(0) + 1)}`,
    `${head}.${base64url({ ...inAnHour(), sub: "root" })}.${signature}`,
  ]) {
    assert.equal((await ask(forged)).status, 401, forged);
  }
  assert.equal(used.upstream.requests.length, 0);
});

test("jwt: two different tokens in one request are 401, the same one twice is not", async () => {
  const token = hs({ iss: "hs" });
  const other = rs(inAnHour());
  const twice = await used.gateway.ask(
    get(`/plain?jwt=${token}`, `Authorization: Bearer ${other}`),
  );
  assert.equal(twice.status, 401);
  assert.equal((twice.json() as { message: string }).message, "Multiple tokens provided");
  const same = await used.gateway.ask(get(`/plain?jwt=${token}`, `Authorization: Bearer ${token}`));
  assert.equal(same.status, 200);
});

test("jwt: tokens come from cookies, headers and the query, and are hidden from the upstream", async () => {
  const token = hs({ iss: "hs" });
  for (const bytes of [
    get("/places", `Cookie: a=b; token=${token}; c=d`),
    get("/places", `X-Token: Bearer ${token}`),
    get(`/places?a=b&jwt=${token}`),
  ]) {
    used.upstream.reset();
    assert.equal((await used.gateway.ask(bytes)).status, 200);
    const request = await used.upstream.request();
    assert.ok(!request.headText.includes(token));
    assert.doesNotMatch(request.headText, /token=;/);
  }
});

test("jwt: secret_is_base64 takes bytes for the secret", async () => {
  const bytes = Buffer.from([1, 2, 250, 255]);
  const input = `${base64url({ alg: "HS256" })}.${base64url({ iss: "b64" })}`;
  const { createHmac } = await import("node:crypto");
  const signature = createHmac("sha256", bytes).update(input).digest("base64url");
  assert.equal((await ask(`${input}.${signature}`, "/encoded")).status, 200);
});

test("jwt: a bad token makes the anonymous consumer, without a trace of the token's own", async () => {
  assert.equal((await ask(rs(inAnHour(), { crit: ["x"] }), "/anonymous")).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "guest");
  assert.equal(request.header("x-anonymous-consumer"), "true");
});

test("L2 jwt: neither tokens nor secrets are in the gateway's log", () => {
  assert.doesNotMatch(used.gateway.log, /eyJ|a-shared-secret/);
});

test("jwt: a token that was seen before is worth nothing when its credential has changed", async () => {
  const token = hs({ iss: "hs" });
  for (let round = 0; round < 2; round++) assert.equal((await ask(token)).status, 200);
  const mark = used.gateway.mark;
  await used.gateway.writeConfig(gatewayConfig(used.upstream.port, "another-secret-altogether"));
  await used.gateway.logged(/"reloaded"/, mark);
  used.upstream.reset();
  await assertRefused(token, "Invalid signature");
});
