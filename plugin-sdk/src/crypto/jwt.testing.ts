// Tokens for tests, made with node:crypto alone: what is tested has no part in them.
import { constants, createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { JwtKeyCache } from "./jwt-key-cache.ts";
import { verifyJwt } from "./jwt.ts";
import type { JwtVerification } from "./jwt.ts";

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const RSA: KeyPair = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const OTHER_RSA: KeyPair = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const ED25519: KeyPair = generateKeyPairSync("ed25519");
export const CURVES: Readonly<Record<"P-256" | "P-384" | "P-521", KeyPair>> = {
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
  "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }),
};
export const SECRET = "a secret of more than thirty-two bytes";

/** Seconds since 1970: the clock of all tests. */
export const NOW_S = 1_700_000_000;

export function base64url(text: string | Buffer): string {
  return Buffer.from(text).toString("base64url");
}

export function jwkOf(key: KeyObject, more: object = {}): object {
  return { ...key.export({ format: "jwk" }), ...more };
}

export function pemOf({ publicKey }: KeyPair): string {
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

/** Signs as the name says, whatever the header says. */
export function signatureOf(signed: string, algorithm: string, key: KeyObject | string): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  const data = Buffer.from(signed);
  if (typeof key === "string") return createHmac(hash, key).update(data).digest();
  switch (algorithm.slice(0, 2)) {
    case "RS":
      return sign(hash, data, { key, padding: constants.RSA_PKCS1_PADDING });
    case "PS":
      return sign(hash, data, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case "ES":
      return sign(hash, data, { key, dsaEncoding: "ieee-p1363" });
    default:
      return sign(null, data, key);
  }
}

export interface TokenParts {
  readonly algorithm?: string;
  readonly key?: KeyObject | string;
  readonly header?: object;
  readonly claims?: object;
  /** Instead of header and claims: the very texts. */
  readonly headerText?: string;
  readonly payloadText?: string;
}

/** HS256 with {@link SECRET} unless said otherwise. */
export function tokenOf(parts: TokenParts = {}): string {
  const { algorithm = "HS256", key = SECRET, header, claims = { sub: "me" } } = parts;
  const headerText = parts.headerText ?? JSON.stringify({ alg: algorithm, ...header });
  const payloadText = parts.payloadText ?? JSON.stringify(claims);
  const signed = `${base64url(headerText)}.${base64url(payloadText)}`;
  return `${signed}.${base64url(signatureOf(signed, algorithm, key))}`;
}

export interface Expectation {
  readonly keys?: object;
  readonly algorithms?: readonly string[];
  readonly options?: object;
}

export function verification(token: string, expected: Expectation = {}): JwtVerification {
  const { keys = { secret: SECRET }, algorithms = ["HS256"], options = {} } = expected;
  const input = {
    token,
    keys: JSON.stringify(keys),
    options: JSON.stringify({ algorithms, ...options }),
  };
  return verifyJwt(input, new JwtKeyCache(), NOW_S * 1000);
}

/** `valid`, why it is not, or the error in keys and options. */
export function verdict(token: string, expected: Expectation = {}): string {
  const result = verification(token, expected);
  if ("error" in result) return result.error;
  return result.valid ? "valid" : result.reason;
}
