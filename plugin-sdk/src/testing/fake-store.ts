// A store in memory that expires its keys by an injected clock.
import type { Store } from "../context.ts";

interface Entry {
  readonly value: string;
  readonly expiresAtMs: number;
}

export class FakeStore implements Store {
  readonly #namespaces = new Map<string, FakeStore>();
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  /** `now` gives ms since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): string | undefined {
    return this.#live(key)?.value;
  }

  set(key: string, value: string, ttlMs?: number): void {
    this.#entries.set(key, { value, expiresAtMs: this.#expiry(ttlMs) });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  increment(key: string, delta: number, ttlMs?: number): number {
    const entry = this.#live(key);
    const value = Number(entry?.value ?? 0) + delta;
    if (Number.isNaN(value)) throw new TypeError(`The key ${key} holds no number`);
    const expiresAtMs = entry?.expiresAtMs ?? this.#expiry(ttlMs);
    this.#entries.set(key, { value: String(value), expiresAtMs });
    return value;
  }

  compareAndSet(key: string, expected: string | undefined, value: string, ttlMs?: number): boolean {
    if (this.get(key) !== expected) return false;
    this.set(key, value, ttlMs);
    return true;
  }

  /** A store of its own, the same for each name. */
  namespace(name: string): FakeStore {
    const known = this.#namespaces.get(name) ?? new FakeStore(this.#now);
    this.#namespaces.set(name, known);
    return known;
  }

  /** Keys that have not expired. */
  keys(): string[] {
    return [...this.#entries.keys()].filter((key) => this.#live(key) !== undefined);
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#now() < entry.expiresAtMs ? entry : undefined;
  }

  #expiry(ttlMs = Infinity): number {
    return this.#now() + ttlMs;
  }
}
