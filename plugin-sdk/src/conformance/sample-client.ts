// The one consumer of the emulated gateway, and what it can show.
import { createHmac } from "node:crypto";
import type { ConsumerInit } from "../testing/fake-consumers.ts";

const ID = "consumer-id";
/** Name, password, key and secret alike, as in a sampleConfig. */
const WORD = "x";

function hmac(data: string, key: string, encoding: "base64" | "base64url"): string {
  return createHmac("sha256", key).update(data).digest(encoding);
}

export const SAMPLE_CONSUMER: ConsumerInit = {
  id: ID,
  username: "alice",
  groups: [WORD],
  credentials: [
    { id: "credential-id", collection: "keyauth_credentials", key: WORD },
    {
      id: "basic-id",
      collection: "basicauth_credentials",
      key: WORD,
      // As Kong's passwords are kept, by the consumer's id.
      fields: { username: WORD, password_digest: hmac(WORD, ID, "base64") },
    },
    {
      id: "jwt-id",
      collection: "jwt_secrets",
      key: WORD,
      fields: { algorithm: "HS256", secret: WORD },
    },
  ],
};

/** Values of Authorization. */
export const SAMPLE_BASIC: string = `Basic ${btoa(`${WORD}:${WORD}`)}`;
export const SAMPLE_BEARER: string = `Bearer ${token({ iss: WORD, exp: 4_102_444_800 })}`;

function token(claims: object): string {
  const signed = [{ alg: "HS256", typ: "JWT" }, claims].map(encoded).join(".");
  return `${signed}.${hmac(signed, WORD, "base64url")}`;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
