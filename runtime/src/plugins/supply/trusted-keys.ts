// Whose signature makes a module one that the gateway runs: Ed25519 (RFC 8032) over the bytes of the file.
import { createHash, createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** 64 bytes as base64. */
const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/;

/** Public keys; with none, anything is taken. */
export class TrustedKeys {
  readonly #keys: readonly KeyObject[];

  /** PEM texts. Throws an Error that says what is wrong with the first bad one. */
  constructor(pems: readonly string[]) {
    this.#keys = pems.map(publicKey);
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /** Why a file with this signature, base64, is not taken; undefined when it is. */
  refusal(bytes: Uint8Array, signature: string | undefined): string | undefined {
    if (this.isEmpty) return undefined;
    if (signature === undefined)
      return "it has no signature, and only signed modules are taken here";
    const raw = Buffer.from(signature, "base64");
    // Whatever else decodes to 64 bytes has more than one form.
    const isSigned =
      SIGNATURE.test(signature) && this.#keys.some((key) => verify(null, bytes, key, raw));
    return isSigned ? undefined : "its signature is of none of the keys that are trusted here";
  }
}

/** Throws an Error that does not show the text: it may be a private key. */
export function publicKey(pem: string): KeyObject {
  if (pem.includes("PRIVATE KEY")) throw new Error("expected a public key, got a private one");
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error("expected a public key in PEM form");
  }
  if (key.asymmetricKeyType !== "ed25519") throw new Error("expected an Ed25519 key");
  return key;
}

/** Hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
