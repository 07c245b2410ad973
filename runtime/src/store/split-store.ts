// Two stores as one: what is large has a room of its own, so that bodies in a cache never push out the counters of a
// rate limit (R5).
import type { Store } from "./store.ts";

/** Characters from which on a value is a large one. */
export const LARGE_CHARACTERS = 1024;

/** A key is in one of them. Atomic is what concerns small values alone, as counters and locks are. */
export class SplitStore implements Store {
  readonly #small: Store;
  readonly #large: Store;

  constructor(small: Store, large: Store) {
    this.#small = small;
    this.#large = large;
  }

  get(key: string): string | undefined {
    return this.#small.get(key) ?? this.#large.get(key);
  }

  set(key: string, value: string, ttlMs: number): void {
    const [to, from] = this.#places(value);
    to.set(key, value, ttlMs);
    from.delete(key);
  }

  delete(key: string): void {
    this.#small.delete(key);
    this.#large.delete(key);
  }

  increment(key: string, delta: number, ttlMs: number): number {
    return this.#small.increment(key, delta, ttlMs);
  }

  compareAndSet(key: string, expected: string | undefined, value: string, ttlMs: number): boolean {
    const [to, other] = this.#places(value);
    if (expected === undefined) {
      return other.get(key) === undefined && to.compareAndSet(key, undefined, value, ttlMs);
    }
    const [holder] = this.#places(expected);
    if (holder === to) return to.compareAndSet(key, expected, value, ttlMs);
    if (holder.get(key) !== expected) return false;
    this.set(key, value, ttlMs);
    return true;
  }

  /** Where the value belongs, and where it does not. */
  #places(value: string): readonly [to: Store, other: Store] {
    const isLarge = value.length >= LARGE_CHARACTERS;
    return isLarge ? [this.#large, this.#small] : [this.#small, this.#large];
  }
}
