// Keys for JWTs, from what a plugin gives: a JWK, a JWKS (RFC 7517), a PEM or a secret.
import { createPrivateKey, createPublicKey, createSecretKey } from "node:crypto";
import type { KeyObject, webcrypto } from "node:crypto";
import { decodeBase64url, isJsonObject } from "./compact-jws.ts";
import type { JsonObject } from "./compact-jws.ts";
import type { KeyKind } from "./jwt-algorithms.ts";
import { rsaWeakness } from "./weak-rsa.ts";

/** What a plugin gave is no key or no options: the message is for its author. */
export class BadJwtInput extends Error {
  override readonly name = "BadJwtInput";
}

export type KeyPurpose = "verify" | "sign";

export interface JwtKey {
  readonly kind: KeyKind;
  readonly key: KeyObject;
  readonly keyId: string | undefined;
  /** The only algorithm that the key may be used with, if it says so. */
  readonly algorithm: string | undefined;
}

export interface JwtKeys {
  readonly keys: readonly JwtKey[];
  /** Of a JWKS, where a token's `kid` chooses. */
  readonly isSet: boolean;
}

const MAX_KEYS = 100;

/** Throws {@link BadJwtInput}. Keys of a set that cannot be used are left out (RFC 7517 §5). */
export function readKeys(text: string, purpose: KeyPurpose): JwtKeys {
  const value = parse(text);
  const { keys, pem, secret, kty } = value;
  if (kty !== undefined) return { keys: [jwkKey(value, purpose)], isSet: false };
  if (typeof pem === "string") return { keys: [pemKey(pem, value, purpose)], isSet: false };
  if (typeof secret === "string") return { keys: [secretKey(secret, value)], isSet: false };
  if (!Array.isArray(keys)) {
    throw new BadJwtInput("keys: expected a JWK, a JWKS, a pem or a secret");
  }
  if (keys.length > MAX_KEYS) throw new BadJwtInput(`keys: more than ${MAX_KEYS} in the set`);
  return { keys: keys.flatMap((key) => usableKey(key, purpose)), isSet: true };
}

function parse(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadJwtInput("keys: not JSON");
  }
  if (!isJsonObject(value)) throw new BadJwtInput("keys: expected an object");
  return value;
}

function usableKey(jwk: unknown, purpose: KeyPurpose): JwtKey[] {
  try {
    return isJsonObject(jwk) ? [jwkKey(jwk, purpose)] : [];
  } catch (error) {
    if (error instanceof BadJwtInput) return [];
    throw error;
  }
}

function secretKey(secret: string, of: JsonObject): JwtKey {
  // Whoever has the public key could sign with it as if it were a secret.
  if (secret.includes("-----BEGIN")) throw new BadJwtInput("keys: the secret is a PEM");
  return { kind: "secret", key: symmetric(Buffer.from(secret)), ...labels(of) };
}

function symmetric(bytes: Buffer): KeyObject {
  if (bytes.length === 0) throw new BadJwtInput("keys: the secret is empty");
  return createSecretKey(bytes);
}

/** `kid` and `alg`, which a PEM or secret may have beside it, too. */
function labels({ kid, alg }: JsonObject): Pick<JwtKey, "keyId" | "algorithm"> {
  return {
    keyId: typeof kid === "string" ? kid : undefined,
    algorithm: typeof alg === "string" ? alg : undefined,
  };
}

function pemKey(pem: string, of: JsonObject, purpose: KeyPurpose): JwtKey {
  let key: KeyObject;
  try {
    key = purpose === "verify" ? createPublicKey(pem) : createPrivateKey(pem);
  } catch {
    const kind = purpose === "verify" ? "public" : "private";
    throw new BadJwtInput(`keys: the pem holds no ${kind} key that can be read`);
  }
  return { kind: kindOf(key), key, ...labels(of) };
}

function kindOf(key: KeyObject): KeyKind {
  const { kty, crv, n, e } = exportable(key) ? key.export({ format: "jwk" }) : {};
  if (kty === "RSA") return rsaKind(n, e);
  if (kty === "EC" || kty === "OKP") return curveKind(crv);
  throw new BadJwtInput("keys: expected a key for RSA, ECDSA or Ed25519");
}

/** Others have no JWK, and neither runtime says so in the same way. */
function exportable({ asymmetricKeyType }: KeyObject): boolean {
  return ["rsa", "ec", "ed25519"].includes(asymmetricKeyType ?? "");
}

/** Only the members that are known are used, so that no other one can change what the key is. */
const PUBLIC_MEMBERS = ["kty", "crv", "n", "e", "x", "y"];
const PRIVATE_MEMBERS = [...PUBLIC_MEMBERS, "d", "p", "q", "dp", "dq", "qi"];

function jwkKey(jwk: JsonObject, purpose: KeyPurpose): JwtKey {
  checkUse(jwk, purpose);
  if (jwk["kty"] === "oct") {
    return { kind: "secret", key: symmetric(bytesOf(jwk["k"], "k")), ...labels(jwk) };
  }
  const kind = jwkKind(jwk);
  return { kind, key: importJwk(jwk, purpose), ...labels(jwk) };
}

function checkUse({ use, key_ops: operations }: JsonObject, purpose: KeyPurpose): void {
  const isFit =
    (use === undefined || use === "sig") &&
    (operations === undefined || (Array.isArray(operations) && operations.includes(purpose)));
  if (!isFit) throw new BadJwtInput(`keys: the JWK is not for use in ${purpose}`);
}

function jwkKind({ kty, crv, n, e }: JsonObject): KeyKind {
  if (kty === "RSA") return rsaKind(n, e);
  const kind = curveKind(crv);
  if (kty !== (kind === "Ed25519" ? "OKP" : "EC"))
    throw new BadJwtInput("keys: kty and crv differ");
  return kind;
}

function curveKind(curve: unknown): KeyKind {
  switch (curve) {
    case "P-256":
    case "P-384":
    case "P-521":
    case "Ed25519":
      return curve;
    default:
      throw new BadJwtInput("keys: expected a curve of P-256, P-384, P-521, Ed25519");
  }
}

function rsaKind(modulus: unknown, exponent: unknown): KeyKind {
  const weakness = rsaWeakness(numberOf(modulus, "n"), numberOf(exponent, "e"));
  if (weakness !== undefined) throw new BadJwtInput(`keys: ${weakness}`);
  return "rsa";
}

function numberOf(text: unknown, member: string): bigint {
  return BigInt(`0x${bytesOf(text, member).toString("hex") || "0"}`);
}

function bytesOf(text: unknown, member: string): Buffer {
  const bytes = typeof text === "string" ? decodeBase64url(text) : undefined;
  if (bytes === undefined) throw new BadJwtInput(`keys: ${member} is not base64url`);
  return bytes;
}

function importJwk(jwk: JsonObject, purpose: KeyPurpose): KeyObject {
  const members = purpose === "verify" ? PUBLIC_MEMBERS : PRIVATE_MEMBERS;
  const known = Object.fromEntries(
    members.flatMap((name) => (typeof jwk[name] === "string" ? [[name, jwk[name]]] : [])),
  ) as webcrypto.JsonWebKey; // All of its members are strings.
  try {
    return purpose === "verify"
      ? createPublicKey({ key: known, format: "jwk" })
      : createPrivateKey({ key: known, format: "jwk" });
  } catch {
    const kind = purpose === "verify" ? "public" : "private";
    throw new BadJwtInput(`keys: the JWK is no ${kind} key`);
  }
}
