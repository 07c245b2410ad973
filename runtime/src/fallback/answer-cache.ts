// The last good answers of a route, by request: so many of them and so many bytes, the least recently stored goes first.
import type { FallbackCacheConfig } from "../config/fallback-model.ts";
import type { FieldName } from "../http1/field-name.ts";
import type { Fields } from "../http1/fields.ts";

export interface StoredAnswer {
  readonly fields: readonly (readonly [name: FieldName, value: string])[];
  readonly body: Buffer;
  /** Request headers that must be the same. */
  readonly varying: readonly (readonly [name: string, value: string])[];
  /** Monotonic; when it was as old as 0. */
  readonly bornAtMs: number;
  readonly usableUntilMs: number;
}

/** What an entry takes besides its text. */
const ENTRY_BYTES = 256;
/** No entry is more than this part of all bytes. */
const LARGEST_PART = 1 / 8;

export class AnswerCache {
  readonly #config: FallbackCacheConfig;
  readonly #entries = new Map<string, { readonly answer: StoredAnswer; readonly bytes: number }>();
  #bytes = 0;
  /** Of bodies that are on their way. */
  #gathering = 0;

  constructor(config: FallbackCacheConfig) {
    this.#config = config;
  }

  get entries(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes + this.#gathering;
  }

  get storageTtlMs(): number {
    return this.#config.storageTtlMs;
  }

  get(key: string, request: Fields, nowMs: number): StoredAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const { answer } = entry;
    if (nowMs >= answer.usableUntilMs) {
      this.drop(key);
      return undefined;
    }
    const isSame = answer.varying.every(([name, value]) => request.all(name).join(", ") === value);
    return isSame ? answer : undefined;
  }

  put(key: string, answer: StoredAnswer): void {
    this.drop(key);
    const bytes = bytesOf(key, answer);
    if (bytes > this.#config.maxBytes * LARGEST_PART) return;
    this.#entries.set(key, { answer, bytes });
    this.#bytes += bytes;
    for (const [oldest] of this.#entries) {
      if (this.#entries.size <= this.#config.maxEntries && this.bytes <= this.#config.maxBytes)
        break;
      this.drop(oldest);
    }
  }

  /** What is there for it holds no more. */
  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }

  /** Room for a piece of a body of which so much is held already; false when there is none. What was taken must be {@link giveBack given back}. */
  gather(bytes: number, held: number): boolean {
    const { maxBytes } = this.#config;
    if (held + bytes > maxBytes * LARGEST_PART || this.#gathering + bytes > maxBytes) return false;
    this.#gathering += bytes;
    for (const [oldest] of this.#entries) {
      if (this.bytes <= maxBytes) break;
      this.drop(oldest);
    }
    return true;
  }

  giveBack(bytes: number): void {
    this.#gathering -= bytes;
  }
}

/** Characters of text count two bytes. */
function bytesOf(key: string, { fields, body, varying }: StoredAnswer): number {
  const texts = [...fields.map(([name, value]) => name.text + value), ...varying.flat(), key];
  return texts.reduce((sum, text) => sum + 2 * text.length, body.length + ENTRY_BYTES);
}
