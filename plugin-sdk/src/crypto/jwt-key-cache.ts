// Keys that were read before: taking a PEM or JWK apart costs more than a signature.
import { readKeys } from "./jwt-keys.ts";
import type { JwtKeys, KeyPurpose } from "./jwt-keys.ts";

/** Of the texts that the keys come from. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_ENTRIES = 256;

export class JwtKeyCache {
  /** The least recently used one first. */
  readonly #entries = new Map<string, JwtKeys>();
  #characters = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Throws BadJwtInput, and keeps nothing then. */
  get(text: string, purpose: KeyPurpose): JwtKeys {
    const name = `${purpose} ${text}`;
    let keys = this.#entries.get(name);
    if (keys === undefined) {
      keys = readKeys(text, purpose);
      this.#characters += name.length;
    } else this.#entries.delete(name);
    this.#entries.set(name, keys);
    this.#makeRoom();
    return keys;
  }

  #makeRoom(): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#characters <= MAX_CHARACTERS) return;
      this.#entries.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}
