// What is known of tokens that were seen before, of one entry of the plugin in one instance.
import { digest } from "@sluice/plugin-sdk";

export interface Known<Value> {
  readonly value: Value;
  /** Since 1970. */
  readonly untilMs: number;
}

interface Kept<Value> extends Known<Value> {
  /** What a token must be to be this one; empty where its key says it all. */
  readonly token: string;
}

/** Of a token, what it is looked for by: signatures differ in their ends, and a short key is found sooner. */
const END = -32;

/**
 * What tokens are kept by. `digest`: with a secret of the instance, so that none of them stays in memory. `token`: as
 * they are, which takes a tenth of the time; for tokens that expire by themselves and that nobody can guess, so that how
 * long a look-up takes tells nothing worth knowing.
 */
export type KeyedBy = "digest" | "token";

export class TokenCache<Value> {
  readonly #maxEntries: number;
  readonly #keyedBy: KeyedBy;
  /** The oldest first. */
  readonly #kept = new Map<string, Kept<Value>>();
  #secret = "";

  constructor(maxEntries: number, keyedBy: KeyedBy) {
    this.#maxEntries = maxEntries;
    this.#keyedBy = keyedBy;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(token: string): Known<Value> | undefined {
    if (this.#kept.size === 0) return undefined;
    const key = this.#keyOf(token);
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.token !== this.#restOf(token)) return undefined;
    if (Date.now() < kept.untilMs) return kept;
    this.#kept.delete(key);
    return undefined;
  }

  /** `untilMs` is a time since 1970. */
  set(token: string, value: Value, untilMs: number): void {
    if (untilMs <= Date.now()) return;
    const key = this.#keyOf(token);
    this.#kept.delete(key);
    this.#kept.set(key, { token: this.#restOf(token), value, untilMs });
    if (this.#kept.size <= this.#maxEntries) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }

  #keyOf(token: string): string {
    if (this.#keyedBy === "token") return token.slice(END);
    // Not while the module loads: an instance starts from a snapshot of that. Nobody sees what comes out of the digest,
    // so that it needs no HMAC, which costs twice as much.
    if (this.#secret === "") this.#secret = crypto.randomUUID() + crypto.randomUUID();
    return digest("SHA-256", this.#secret + token, "base64");
  }

  #restOf(token: string): string {
    return this.#keyedBy === "token" ? token : "";
  }
}
