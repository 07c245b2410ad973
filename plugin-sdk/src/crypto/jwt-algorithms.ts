// The signatures of RFC 7518 §3 and RFC 8037 that both runtimes can make: each goes with one kind of key, so that no
// key is ever used for what it is not (RFC 8725 §3.1).
import { constants, createHmac, sign, timingSafeEqual, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** What a key can be used for. Elliptic curves go by their names. */
export type KeyKind = "secret" | "rsa" | "P-256" | "P-384" | "P-521" | "Ed25519";

export interface JwtAlgorithm {
  readonly name: string;
  readonly keyKind: KeyKind;
  sign(data: Buffer, key: KeyObject): Buffer;
  verify(data: Buffer, key: KeyObject, signature: Buffer): boolean;
}

/** By the name in `alg`; `none` is no algorithm. */
export const JWT_ALGORITHMS: ReadonlyMap<string, JwtAlgorithm> = new Map(
  [
    hs("HS256", "sha256"),
    hs("HS384", "sha384"),
    hs("HS512", "sha512"),
    rs("RS256", "sha256"),
    rs("RS384", "sha384"),
    rs("RS512", "sha512"),
    ps("PS256", "sha256", 32),
    ps("PS384", "sha384", 48),
    ps("PS512", "sha512", 64),
    es("ES256", "sha256", "P-256", 64),
    es("ES384", "sha384", "P-384", 96),
    es("ES512", "sha512", "P-521", 132),
    ed("EdDSA"),
    // RFC 9864 names the curve.
    ed("Ed25519"),
  ].map((algorithm) => [algorithm.name, algorithm]),
);

function hs(name: string, hash: string): JwtAlgorithm {
  const mac = (data: Buffer, key: KeyObject): Buffer => createHmac(hash, key).update(data).digest();
  return {
    name,
    keyKind: "secret",
    sign: mac,
    verify(data, key, signature) {
      const expected = mac(data, key);
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    },
  };
}

function rs(name: string, hash: string): JwtAlgorithm {
  const padding = constants.RSA_PKCS1_PADDING;
  return {
    name,
    keyKind: "rsa",
    sign: (data, key) => sign(hash, data, { key, padding }),
    verify: (data, key, signature) => verify(hash, data, { key, padding }, signature),
  };
}

/** The salt is as long as the hash, and no signature with another one is taken (RFC 7518 §3.5). */
function ps(name: string, hash: string, saltLength: number): JwtAlgorithm {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return {
    name,
    keyKind: "rsa",
    sign: (data, key) => sign(hash, data, { key, padding, saltLength }),
    verify: (data, key, signature) => verify(hash, data, { key, padding, saltLength }, signature),
  };
}

function es(name: string, hash: string, curve: KeyKind, signatureBytes: number): JwtAlgorithm {
  const dsaEncoding = "ieee-p1363";
  return {
    name,
    keyKind: curve,
    sign: (data, key) => sign(hash, data, { key, dsaEncoding }),
    verify: (data, key, signature) =>
      signature.length === signatureBytes && verify(hash, data, { key, dsaEncoding }, signature),
  };
}

function ed(name: string): JwtAlgorithm {
  return {
    name,
    keyKind: "Ed25519",
    sign: (data, key) => sign(null, data, key),
    verify: (data, key, signature) => signature.length === 64 && verify(null, data, key, signature),
  };
}
