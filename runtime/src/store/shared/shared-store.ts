// The store of several threads, exact: what one writes or counts, the others see at once. Behaves as MemoryStore does,
// but that "least recently used" holds within a shard.
import type { Store } from "../store.ts";
import { keyedHash } from "../../keyed-hash.ts";
import { Header } from "./layout.ts";
import type { SharedMemory } from "./layout.ts";
import { repair } from "./repair.ts";
import { Shard } from "./shard.ts";
import { SpinLock } from "./spin-lock.ts";
import { TextWords } from "../../text-words.ts";

export interface SharedStoreOptions {
  /** Number of this thread, above 0; no two threads ever have the same, dead ones included. */
  readonly holder: number;
  /** A clock that all threads agree on, ms. */
  readonly now: () => number;
}

const SCRATCH_WORDS = 1024;

/** One for each thread, all on the same memory. */
export class SharedStore implements Store {
  readonly #now: () => number;
  readonly #seed: readonly [number, number];
  readonly #shards: readonly Shard[];
  readonly #locks: readonly SpinLock[];
  /** Reused by every call: calls do not overlap within a thread. */
  readonly #key = new TextWords(SCRATCH_WORDS);
  readonly #value = new TextWords(SCRATCH_WORDS);
  readonly #expected = new TextWords(SCRATCH_WORDS);

  constructor(memory: SharedMemory, options: SharedStoreOptions) {
    this.#now = options.now;
    this.#seed = memory.seed;
    this.#shards = Array.from({ length: memory.shards }, (_, index) => new Shard(memory, index));
    this.#locks = this.#shards.map(({ words }) => new SpinLock(words, Header.lock, options.holder));
  }

  get(key: string): string | undefined {
    const hash = this.#hash(key);
    const nowMs = this.#now();
    const shard = this.#shardOf(hash);
    const lock = this.#lockOf(hash);
    lock.acquire();
    try {
      const entry = shard.use(this.#key, hash, nowMs);
      if (entry === 0) return undefined;
      if (shard.isNumber(entry)) return String(shard.number(entry));
      shard.readText(entry, this.#value);
    } finally {
      lock.release();
    }
    return this.#value.read();
  }

  set(key: string, value: string, ttlMs: number): void {
    const hash = this.#hash(key);
    this.#value.write(value);
    const nowMs = this.#now();
    const shard = this.#shardOf(hash);
    const lock = this.#lockOf(hash);
    lock.acquire();
    try {
      shard.delete(this.#key, hash);
      shard.add(this.#key, hash, this.#value, lifeFrom(nowMs, ttlMs));
    } finally {
      lock.release();
    }
  }

  delete(key: string): void {
    const hash = this.#hash(key);
    const lock = this.#lockOf(hash);
    lock.acquire();
    try {
      this.#shardOf(hash).delete(this.#key, hash);
    } finally {
      lock.release();
    }
  }

  increment(key: string, delta: number, ttlMs: number): number {
    const hash = this.#hash(key);
    const nowMs = this.#now();
    const shard = this.#shardOf(hash);
    const lock = this.#lockOf(hash);
    lock.acquire();
    try {
      const entry = shard.use(this.#key, hash, nowMs);
      const value = (entry === 0 ? 0 : this.#numberOf(shard, entry)) + delta;
      if (Number.isNaN(value)) return value;
      if (entry !== 0 && shard.isNumber(entry)) {
        shard.setNumber(entry, value);
        return value;
      }
      const life = lifeFrom(nowMs, ttlMs);
      if (entry !== 0) {
        life.expiresAtMs = shard.expiresAtMs(entry);
        shard.remove(entry);
      }
      shard.add(this.#key, hash, value, life);
      return value;
    } finally {
      lock.release();
    }
  }

  compareAndSet(key: string, expected: string | undefined, value: string, ttlMs: number): boolean {
    const hash = this.#hash(key);
    this.#value.write(value);
    if (expected !== undefined) this.#expected.write(expected);
    const nowMs = this.#now();
    const shard = this.#shardOf(hash);
    const lock = this.#lockOf(hash);
    lock.acquire();
    try {
      const entry = shard.use(this.#key, hash, nowMs);
      if (!this.#isExpected(shard, entry, expected)) return false;
      if (entry !== 0) shard.remove(entry);
      shard.add(this.#key, hash, this.#value, lifeFrom(nowMs, ttlMs));
      return true;
    } finally {
      lock.release();
    }
  }

  #isExpected(shard: Shard, entry: number, expected: string | undefined): boolean {
    if (entry === 0 || expected === undefined) return entry === 0 && expected === undefined;
    if (shard.isNumber(entry)) return String(shard.number(entry)) === expected;
    return shard.holdsText(entry, this.#expected);
  }

  /** Frees what a thread held when it ended, and makes whole what it was at. Returns the number of shards. */
  releaseLocksOf(dead: number): number {
    let released = 0;
    for (const [index, lock] of this.#locks.entries()) {
      if (!lock.takeFrom(dead)) continue;
      try {
        repair(this.#shards[index] as Shard); // There are as many shards as locks.
      } finally {
        lock.release();
      }
      released++;
    }
    return released;
  }

  #numberOf(shard: Shard, entry: number): number {
    if (shard.isNumber(entry)) return shard.number(entry);
    shard.readText(entry, this.#value);
    return Number(this.#value.read());
  }

  #hash(key: string): number {
    this.#key.write(key);
    return keyedHash(this.#key.words, this.#key.count, this.#key.size, this.#seed);
  }

  /** The table in the shard goes by the lower bits. */
  #shardOf(hash: number): Shard {
    return this.#shards[(hash >>> 24) & (this.#shards.length - 1)] as Shard; // A power of two.
  }

  #lockOf(hash: number): SpinLock {
    return this.#locks[(hash >>> 24) & (this.#locks.length - 1)] as SpinLock; // As above.
  }
}

function lifeFrom(nowMs: number, ttlMs: number): { nowMs: number; expiresAtMs: number } {
  return { nowMs, expiresAtMs: ttlMs > 0 ? nowMs + ttlMs : Infinity };
}
