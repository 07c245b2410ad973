import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { JwtKeyCache } from "./jwt-key-cache.ts";
import {
  CURVES,
  ED25519,
  RSA,
  SECRET,
  base64url,
  jwkOf,
  signatureOf,
  verdict,
} from "./jwt.testing.ts";
import { signJwt } from "./jwt.ts";

function sign(key: object, options: object, claims: unknown = { sub: "me" }): string {
  const input = {
    claims: JSON.stringify(claims),
    key: JSON.stringify(key),
    options: JSON.stringify(options),
  };
  const result = signJwt(input, new JwtKeyCache());
  return "error" in result ? result.error : result.token;
}

describe("signing", () => {
  const keys = [
    ["HS256", { secret: SECRET }, { secret: SECRET }],
    ["RS256", jwkOf(RSA.privateKey), jwkOf(RSA.publicKey)],
    ["PS512", jwkOf(RSA.privateKey), jwkOf(RSA.publicKey)],
    ["ES256", jwkOf(CURVES["P-256"].privateKey), jwkOf(CURVES["P-256"].publicKey)],
    ["ES512", jwkOf(CURVES["P-521"].privateKey), jwkOf(CURVES["P-521"].publicKey)],
    ["EdDSA", jwkOf(ED25519.privateKey), jwkOf(ED25519.publicKey)],
  ] as const;
  for (const [algorithm, key, publicKey] of keys) {
    test(`with ${algorithm} makes a token that is valid`, () => {
      const token = sign(key, { algorithm });
      assert.equal(verdict(token, { algorithms: [algorithm], keys: publicKey }), "valid");
    });
  }

  test("writes what was asked for, and its signature is the algorithm's", () => {
    const [header = "", payload = "", signature = ""] = sign(
      { secret: SECRET },
      { algorithm: "HS384", kid: "k", typ: "at+jwt", header: { x: 1 } },
      { sub: "ü" },
    ).split(".");
    assert.equal(
      Buffer.from(header, "base64url").toString(),
      '{"alg":"HS384","typ":"at+jwt","kid":"k","x":1}',
    );
    assert.equal(Buffer.from(payload, "base64url").toString(), '{"sub":"ü"}');
    assert.equal(signature, base64url(signatureOf(`${header}.${payload}`, "HS384", SECRET)));
  });

  test("names the key as the key does itself", () => {
    const token = sign(jwkOf(RSA.privateKey, { kid: "mine" }), { algorithm: "RS256" });
    const header = Buffer.from(token.split(".")[0] ?? "", "base64url").toString();
    assert.equal(header, '{"alg":"RS256","kid":"mine","typ":"JWT"}');
  });

  test("refuses keys and claims that make no sense", () => {
    const pem = RSA.publicKey.export({ type: "spki", format: "pem" });
    const cases: readonly (readonly [string, RegExp])[] = [
      [sign({ secret: SECRET }, { algorithm: "RS256" }), /expected one key for RS256/],
      [sign(jwkOf(RSA.publicKey), { algorithm: "RS256" }), /the JWK is no private key/],
      [sign({ pem }, { algorithm: "RS256" }), /no private key that can be read/],
      [sign({ keys: [jwkOf(RSA.privateKey)] }, { algorithm: "RS256" }), /expected one key/],
      [sign(jwkOf(RSA.privateKey, { alg: "PS256" }), { algorithm: "RS256" }), /expected one key/],
      [sign({ secret: SECRET }, { algorithm: "none" }), /expected some of/],
      [sign({ secret: SECRET }, {}), /expected some of/],
      [
        sign({ secret: SECRET }, { algorithm: "HS256", header: { crit: [] } }),
        /crit cannot be given/,
      ],
      [sign({ secret: SECRET }, { algorithm: "HS256" }, "text"), /claims: expected an object/],
      [sign({ secret: SECRET }, { algorithm: "HS256" }, { a: "x".repeat(20_000) }), /too long/],
    ];
    for (const [outcome, message] of cases) assert.match(outcome, message);
  });
});

describe("the cache of keys", () => {
  test("reads equal texts once, and keeps no more than its bound", () => {
    const cache = new JwtKeyCache();
    const text = JSON.stringify({ secret: SECRET });
    assert.equal(cache.get(text, "verify"), cache.get(text, "verify"));
    assert.notEqual(cache.get(text, "verify"), cache.get(text, "sign"));
    for (let n = 0; n < 1000; n++) cache.get(JSON.stringify({ secret: `secret ${n}` }), "verify");
    assert.equal(cache.size, 256);
    for (let n = 0; n < 10; n++) {
      cache.get(JSON.stringify({ secret: `${n} ${"x".repeat(1_000_000)}` }), "verify");
    }
    assert.ok(cache.size <= 4);
  });

  test("keeps what is used", () => {
    const cache = new JwtKeyCache();
    const text = JSON.stringify({ secret: SECRET });
    const first = cache.get(text, "verify");
    for (let n = 0; n < 1000; n++) {
      cache.get(JSON.stringify({ secret: `secret ${n}` }), "verify");
      assert.equal(cache.get(text, "verify"), first);
    }
  });
});
