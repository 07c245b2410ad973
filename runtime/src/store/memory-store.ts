// The store of one process: bounded, so that strangers who choose keys (addresses, header values) cannot grow it (R5).
import { LRUCache } from "lru-cache";
import type { Store } from "./store.ts";

interface Entry {
  value: string | number;
  /** Monotonic, ms; Infinity keeps it. */
  readonly expiresAtMs: number;
}

export interface MemoryStoreOptions {
  /** The least recently used entry goes when there are more. */
  readonly maxEntries: number;
  /** The same for the sum of the lengths of keys and values. */
  readonly maxCharacters: number;
  /** Monotonic clock, ms. */
  readonly now: () => number;
}

export class MemoryStore implements Store {
  readonly #entries: LRUCache<string, Entry>;
  readonly #maxEntries: number;
  readonly #now: () => number;

  constructor(options: MemoryStoreOptions) {
    this.#maxEntries = options.maxEntries;
    // Without `max`, for which it would take the room at once: 12 MB for 200,000 entries.
    this.#entries = new LRUCache({
      maxSize: options.maxCharacters,
      sizeCalculation: ({ value }, key) =>
        key.length + (typeof value === "string" ? value.length : 0) + 1,
    });
    this.#now = options.now;
  }

  get(key: string): string | undefined {
    const entry = this.#live(key);
    return entry === undefined ? undefined : String(entry.value);
  }

  set(key: string, value: string, ttlMs: number): void {
    this.#insert(key, { value, expiresAtMs: this.#expiry(ttlMs) });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  increment(key: string, delta: number, ttlMs: number): number {
    const entry = this.#live(key);
    const value = Number(entry?.value ?? 0) + delta;
    if (Number.isNaN(value)) return value;
    if (entry === undefined) this.#insert(key, { value, expiresAtMs: this.#expiry(ttlMs) });
    else entry.value = value;
    return value;
  }

  compareAndSet(key: string, expected: string | undefined, value: string, ttlMs: number): boolean {
    if (this.get(key) !== expected) return false;
    this.set(key, value, ttlMs);
    return true;
  }

  #insert(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#maxEntries) this.#entries.pop();
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAtMs > this.#now()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  #expiry(ttlMs: number): number {
    return ttlMs > 0 ? this.#now() + ttlMs : Infinity;
  }
}
