import assert from "node:assert/strict";
import { test } from "node:test";
import { OTHER_RSA, RSA, jwkOf, tokenOf, verdict } from "./jwt.testing.ts";
import { rsaWeakness } from "./weak-rsa.ts";

function modulusOf(jwk: object): bigint {
  const { n } = jwk as { n: string }; // A public RSA key has one.
  return BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`);
}

const MODULUS = modulusOf(jwkOf(RSA.publicKey));

test("J13 takes an ordinary RSA key", () => {
  assert.equal(rsaWeakness(MODULUS, 65_537n), undefined);
  assert.equal(rsaWeakness(modulusOf(jwkOf(OTHER_RSA.publicKey)), 3n), undefined);
});

test("J13 refuses exponents that protect nothing, and those that take for ever", () => {
  for (const exponent of [0n, 1n, 2n, 65_536n, 2n ** 64n + 1n]) {
    assert.match(rsaWeakness(MODULUS, exponent) ?? "", /unsafe exponent/);
  }
});

test("J13 refuses keys that are too short or too long", () => {
  assert.match(rsaWeakness(2n ** 1024n - 1n, 65_537n) ?? "", /of 1024 bits, expected 2048 or more/);
  assert.match(rsaWeakness(2n ** 2047n - 1n, 65_537n) ?? "", /of 2047 bits/);
  assert.match(rsaWeakness(2n ** 8193n - 1n, 65_537n) ?? "", /of 8193 bits, expected 8192 or less/);
});

test("J13 refuses a modulus as the broken generator made them", () => {
  // Products of numbers k * M + (65537^a mod M), with M the product of the first primes.
  const primes = [
    2n,
    3n,
    5n,
    7n,
    11n,
    13n,
    17n,
    19n,
    23n,
    29n,
    31n,
    37n,
    41n,
    43n,
    47n,
    53n,
    59n,
    61n,
    67n,
    71n,
    73n,
    79n,
    83n,
    89n,
    97n,
    101n,
    103n,
    107n,
    109n,
    113n,
    127n,
    131n,
    137n,
    139n,
    149n,
    151n,
    157n,
    163n,
    167n,
  ];
  const product = primes.reduce((all, prime) => all * prime, 1n);
  const part = (k: bigint, exponent: number): bigint => {
    let power = 1n;
    for (let n = 0; n < exponent; n++) power = (power * 65_537n) % product;
    return k * product + power;
  };
  const scale = 2n ** 810n;
  const modulus = part(scale + 12_345n, 77) * part(scale + 54_321n, 1234);
  assert.match(rsaWeakness(modulus, 65_537n) ?? "", /CVE-2017-15361/);
  assert.equal(rsaWeakness(modulus + 2n, 65_537n), undefined);
});

test("J13 a weak key is an error, and in a set it is passed over", () => {
  const token = tokenOf({ algorithm: "RS256", key: RSA.privateKey });
  const weak = jwkOf(RSA.publicKey, { e: "AQ" });
  const algorithms = ["RS256"];
  assert.match(verdict(token, { algorithms, keys: weak }), /unsafe exponent/);
  assert.equal(verdict(token, { algorithms, keys: { keys: [weak] } }), "unknown_key");
});
