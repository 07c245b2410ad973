// Data that outlives a request: counters, caches, what plugins keep. One interface for every place it may live in.

export interface Store {
  get(key: string): string | undefined;
  /** ttlMs 0 keeps the value until it is evicted. */
  set(key: string, value: string, ttlMs: number): void;
  delete(key: string): void;
  /** Atomic. The key is created at 0 with ttlMs to live; NaN when it holds no number. */
  increment(key: string, delta: number, ttlMs: number): number;
  /**
   * Sets the value if the key holds what is expected, or nothing when undefined is. Atomic. Returns whether it did.
   */
  compareAndSet(key: string, expected: string | undefined, value: string, ttlMs: number): boolean;
}
