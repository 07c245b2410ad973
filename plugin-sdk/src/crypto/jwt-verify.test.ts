// Which keys and algorithms verify a token. The row's id of the threat list stands in front of a name.
import assert from "node:assert/strict";
import { constants, sign } from "node:crypto";
import { describe, test } from "node:test";
import {
  CURVES,
  ED25519,
  NOW_S,
  OTHER_RSA,
  RSA,
  SECRET,
  base64url,
  jwkOf,
  pemOf,
  tokenOf,
  verdict,
  verification,
} from "./jwt.testing.ts";

describe("a valid token", () => {
  const pairs = [
    ["RS256", RSA],
    ["RS384", RSA],
    ["RS512", RSA],
    ["PS256", RSA],
    ["PS384", RSA],
    ["PS512", RSA],
    ["ES256", CURVES["P-256"]],
    ["ES384", CURVES["P-384"]],
    ["ES512", CURVES["P-521"]],
    ["EdDSA", ED25519],
    ["Ed25519", ED25519],
  ] as const;
  for (const [algorithm, pair] of pairs) {
    test(`of ${algorithm} is taken, by JWK and by PEM`, () => {
      const token = tokenOf({ algorithm, key: pair.privateKey });
      const algorithms = [algorithm];
      assert.equal(verdict(token, { algorithms, keys: jwkOf(pair.publicKey) }), "valid");
      assert.equal(verdict(token, { algorithms, keys: { pem: pemOf(pair) } }), "valid");
      const forged = `${token.slice(0, token.lastIndexOf(".") + 1)}${base64url(Buffer.alloc(64, 1))}`;
      assert.equal(verdict(forged, { algorithms, keys: { pem: pemOf(pair) } }), "bad_signature");
    });
  }

  for (const algorithm of ["HS256", "HS384", "HS512"]) {
    test(`of ${algorithm} is taken, by secret and by JWK`, () => {
      const token = tokenOf({ algorithm });
      const algorithms = [algorithm];
      assert.equal(verdict(token, { algorithms }), "valid");
      const jwk = { kty: "oct", k: base64url(SECRET) };
      assert.equal(verdict(token, { algorithms, keys: jwk }), "valid");
      assert.equal(verdict(token, { algorithms, keys: { secret: "another" } }), "bad_signature");
    });
  }

  test("is the one of RFC 7515, appendix A.1", () => {
    const token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l" +
      "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const k =
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const options = { now_s: 1_300_819_379, issuer: "joe" };
    assert.equal(verdict(token, { keys: { kty: "oct", k }, options }), "valid");
  });

  test("gives its header and claims", () => {
    const claims = { sub: "me", "https://a.test/roles": ["x"], exp: NOW_S + 1 };
    assert.deepEqual(verification(tokenOf({ header: { typ: "JWT" }, claims })), {
      valid: true,
      header: { alg: "HS256", typ: "JWT" },
      payload: claims,
    });
  });

  test("may be of any algorithm that is allowed, each with its own kind of key", () => {
    const keys = {
      keys: [jwkOf(RSA.publicKey), { kty: "oct", k: base64url(SECRET) }, jwkOf(ED25519.publicKey)],
    };
    const algorithms = ["RS256", "HS256", "EdDSA"];
    for (const [algorithm, key] of [
      ["RS256", RSA.privateKey],
      ["HS256", SECRET],
      ["EdDSA", ED25519.privateKey],
    ] as const) {
      assert.equal(verdict(tokenOf({ algorithm, key }), { algorithms, keys }), "valid");
    }
  });
});

describe("what the token says of its algorithm", () => {
  for (const alg of ["none", "NoNe", "NONE", "", "HS384", "hs256", null, 5]) {
    test(`J1 is refused when it is ${JSON.stringify(alg)}`, () => {
      const signed = tokenOf({ header: { alg } });
      const unsigned = `${signed.slice(0, signed.lastIndexOf("."))}.`;
      assert.equal(verdict(signed), "algorithm_not_allowed");
      assert.equal(verdict(unsigned), "algorithm_not_allowed");
    });
  }

  test("J1 none cannot be allowed", () => {
    assert.match(verdict(tokenOf(), { algorithms: ["none"] }), /^algorithms: expected some of/);
  });

  test("J2 an HS token signed with the public key is refused, whatever form the key has", () => {
    const algorithms = ["RS256", "HS256"];
    const pem = pemOf(RSA);
    for (const secret of [pem, pem.trim(), JSON.stringify(jwkOf(RSA.publicKey))]) {
      const token = tokenOf({ key: secret });
      assert.equal(verdict(token, { algorithms, keys: { pem } }), "unknown_key");
      assert.equal(verdict(token, { algorithms, keys: jwkOf(RSA.publicKey) }), "unknown_key");
    }
    assert.equal(
      verdict(tokenOf({ key: pem }), { keys: { secret: pem } }),
      "keys: the secret is a PEM",
    );
  });

  test("J3 a secret in a set is not used for RS, nor a curve for another one", () => {
    const oct = { keys: [{ kty: "oct", k: base64url(SECRET) }] };
    const token = tokenOf({ header: { alg: "RS256" } });
    assert.equal(verdict(token, { algorithms: ["RS256"], keys: oct }), "unknown_key");
    const es = tokenOf({ algorithm: "ES384", key: CURVES["P-256"].privateKey });
    const keys = jwkOf(CURVES["P-256"].publicKey);
    assert.equal(verdict(es, { algorithms: ["ES384"], keys }), "unknown_key");
  });

  test("J3 a key for one algorithm is not used for another of its kind", () => {
    const token = tokenOf({ algorithm: "PS256", key: RSA.privateKey });
    const keys = jwkOf(RSA.publicKey, { alg: "RS256" });
    assert.equal(verdict(token, { algorithms: ["PS256"], keys }), "unknown_key");
  });

  test("a PSS signature with a salt of another length is refused", () => {
    const key = RSA.privateKey;
    const [header, payload] = tokenOf({ algorithm: "PS256", key }).split(".");
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    for (const [saltLength, expected] of [
      [32, "valid"],
      [20, "bad_signature"],
      [0, "bad_signature"],
    ] as const) {
      const data = Buffer.from(`${header}.${payload}`);
      const signature = base64url(sign("sha256", data, { key, padding, saltLength }));
      const token = `${header}.${payload}.${signature}`;
      const keys = jwkOf(RSA.publicKey);
      assert.equal(verdict(token, { algorithms: ["PS256"], keys }), expected);
    }
  });

  test("a PSS signature does not pass for PKCS1", () => {
    const token = tokenOf({ algorithm: "PS256", key: RSA.privateKey, header: { alg: "RS256" } });
    const keys = jwkOf(RSA.publicKey);
    assert.equal(verdict(token, { algorithms: ["RS256"], keys }), "bad_signature");
  });
});

describe("the key", () => {
  const set = {
    keys: [jwkOf(RSA.publicKey, { kid: "one" }), jwkOf(OTHER_RSA.publicKey, { kid: "two" })],
  };
  const algorithms = ["RS256"];
  const signed = (kid: unknown, key = RSA.privateKey): string =>
    tokenOf({ algorithm: "RS256", key, header: kid === undefined ? {} : { kid } });

  test("is the one that the token names", () => {
    assert.equal(verdict(signed("one"), { algorithms, keys: set }), "valid");
    assert.equal(verdict(signed("two", OTHER_RSA.privateKey), { algorithms, keys: set }), "valid");
    assert.equal(verdict(signed("two"), { algorithms, keys: set }), "bad_signature");
  });

  test("is any that fits when the token names none", () => {
    assert.equal(
      verdict(signed(undefined, OTHER_RSA.privateKey), { algorithms, keys: set }),
      "valid",
    );
  });

  for (const kid of ["../../x", "' OR 1=1", "x".repeat(10_000), "__proto__", "", "One"]) {
    test(`J4 is none for the name ${JSON.stringify(kid.slice(0, 20))}`, () => {
      assert.equal(verdict(signed(kid), { algorithms, keys: set }), "unknown_key");
    });
  }

  test("J4 is none when the name is no text, or names several", () => {
    assert.equal(verdict(signed(5), { algorithms, keys: set }), "malformed");
    const twice = { keys: [...set.keys, jwkOf(OTHER_RSA.publicKey, { kid: "one" })] };
    assert.equal(verdict(signed("one"), { algorithms, keys: twice }), "ambiguous_key");
  });

  test("without a name of its own is not the one that a token names, unless it is the only one", () => {
    const unnamed = jwkOf(RSA.publicKey);
    assert.equal(verdict(signed("one"), { algorithms, keys: { keys: [unnamed] } }), "unknown_key");
    assert.equal(verdict(signed("one"), { algorithms, keys: unnamed }), "valid");
    assert.equal(
      verdict(signed("one"), { algorithms, keys: jwkOf(RSA.publicKey, { kid: "x" }) }),
      "unknown_key",
    );
  });

  for (const header of ["jku", "x5u", "jwk", "x5c"]) {
    test(`J5 is not taken from ${header}`, () => {
      const jwk = jwkOf(OTHER_RSA.publicKey);
      const value = { jku: "http://127.0.0.1:9/", x5u: "http://127.0.0.1:9/", jwk, x5c: ["AAAA"] };
      const key = OTHER_RSA.privateKey;
      const token = tokenOf({
        algorithm: "RS256",
        key,
        header: { [header]: value[header as keyof typeof value] },
      });
      assert.equal(verdict(token, { algorithms, keys: jwkOf(RSA.publicKey) }), "bad_signature");
    });
  }

  test("is not one for encryption, or for signing alone", () => {
    for (const more of [{ use: "enc" }, { key_ops: ["encrypt"] }, { key_ops: "verify" }]) {
      const jwk = jwkOf(RSA.publicKey, more);
      assert.match(
        verdict(signed(undefined), { algorithms, keys: jwk }),
        /^keys: the JWK is not for/,
      );
      assert.equal(
        verdict(signed(undefined), { algorithms, keys: { keys: [jwk] } }),
        "unknown_key",
      );
    }
    const keys = jwkOf(RSA.publicKey, { use: "sig", key_ops: ["verify"] });
    assert.equal(verdict(signed(undefined), { algorithms, keys }), "valid");
  });

  test("of a set that nobody understands is passed over", () => {
    const keys = {
      keys: [{ kty: "future" }, "text", null, { kty: "RSA", n: "!", e: "AQAB" }, ...set.keys],
    };
    assert.equal(verdict(signed("one"), { algorithms, keys }), "valid");
  });

  test("that cannot be read is the author's mistake", () => {
    const faults: readonly (readonly [object, RegExp])[] = [
      [{}, /expected a JWK, a JWKS, a pem or a secret/],
      [{ pem: "nonsense" }, /no public key that can be read/],
      [{ secret: "" }, /the secret is empty/],
      [{ kty: "oct", k: "a b" }, /k is not base64url/],
      [{ kty: "RSA", n: 5, e: "AQAB" }, /n is not base64url/],
      [{ kty: "EC", crv: "secp256k1", x: "AA", y: "AA" }, /expected a curve/],
      [{ kty: "OKP", crv: "P-256", x: "AA", y: "AA" }, /kty and crv differ/],
      [{ kty: "EC", crv: "P-256", x: "AQAB", y: "AQAB" }, /the JWK is no public key/],
      [{ keys: Array.from({ length: 101 }, () => ({})) }, /more than 100/],
    ];
    for (const [keys, message] of faults)
      assert.match(verdict(signed(undefined), { algorithms, keys }), message);
  });
});
