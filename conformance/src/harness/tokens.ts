// JSON Web Tokens as an issuer, or a forger, writes them: any header, any payload, any key.
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** SPKI. */
  readonly publicPem: string;
  /** The public key with kid and use. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function rsaKey(kid: string, modulusLength: number = 2048): SigningKey {
  return keyOf(kid, generateKeyPairSync("rsa", { modulusLength }));
}

export function ecKey(kid: string): SigningKey {
  return keyOf(kid, generateKeyPairSync("ec", { namedCurve: "P-256" }));
}

export function edKey(kid: string): SigningKey {
  return keyOf(kid, generateKeyPairSync("ed25519"));
}

function keyOf(
  kid: string,
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
): SigningKey {
  const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  return {
    kid,
    privateKey,
    publicPem,
    jwk: { ...publicKey.export({ format: "jwk" }), kid, use: "sig" },
  };
}

export type Json = Readonly<Record<string, unknown>>;

export function nowS(): number {
  return Math.floor(Date.now() / 1000);
}

export function base64url(value: string | Buffer | Json): string {
  const isText = typeof value === "string" || Buffer.isBuffer(value);
  return Buffer.from(isText ? value : JSON.stringify(value)).toString("base64url");
}

/** A text is put in as it is. */
export function signed(header: Json, payload: Json | string, key: KeyObject | string): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${signatureOf(String(header["alg"]), input, key)}`;
}

function signatureOf(algorithm: string, input: string, key: KeyObject | string): string {
  if (typeof key === "string") return mac(algorithm, input, key);
  const hash = `sha${algorithm.slice(2)}`;
  const data = Buffer.from(input);
  if (algorithm === "EdDSA") return sign(null, data, key).toString("base64url");
  if (algorithm.startsWith("ES")) {
    return sign(hash, data, { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
  }
  const padding = algorithm.startsWith("PS") ? 6 : 1;
  const options = padding === 6 ? { key, padding, saltLength: Number(hash.slice(3)) / 8 } : { key };
  return sign(hash, data, options).toString("base64url");
}

function mac(algorithm: string, input: string, secret: string): string {
  const hash = /^HS(256|384|512)$/.exec(algorithm)?.[1] ?? "256";
  return createHmac(`sha${hash}`, secret).update(input).digest("base64url");
}
