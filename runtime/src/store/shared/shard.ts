// One shard: a hash table of entries. Whoever calls holds the shard's lock.
import { Blocks } from "./blocks.ts";
import { Entry, HEADER_WORDS, Header, IS_NUMBER } from "./layout.ts";
import type { SharedMemory } from "./layout.ts";
import { Recency } from "./recency.ts";
import type { TextWords } from "../../text-words.ts";
import { wordsOf } from "../../text-words.ts";

/** How many of the oldest entries are looked at for one that has expired before the oldest must go. */
const EXPIRED_SEARCH = 8;

export interface Life {
  readonly nowMs: number;
  /** Infinity keeps it. */
  readonly expiresAtMs: number;
}

export class Shard {
  readonly words: Int32Array;
  readonly blocks: Blocks;
  readonly recency: Recency;
  readonly buckets: number;
  readonly #numbers: Float64Array;
  readonly #maxEntries: number;

  constructor(memory: SharedMemory, index: number) {
    const { buffer, shardWords } = memory;
    const start = index * shardWords * 4;
    this.words = new Int32Array(buffer, start, shardWords);
    this.#numbers = new Float64Array(buffer, start, shardWords / 2);
    this.blocks = new Blocks(this.words, memory);
    this.recency = new Recency(this.words, this.blocks);
    this.buckets = memory.bucketsPerShard;
    this.#maxEntries = memory.maxEntriesPerShard;
  }

  /** The live entry with that key, which counts as used; 0 when there is none. */
  use(key: TextWords, hash: number, nowMs: number): number {
    const entry = this.#find(key, hash);
    if (entry === 0) return 0;
    if (this.expiresAtMs(entry) <= nowMs) {
      this.remove(entry);
      return 0;
    }
    this.recency.touch(entry);
    return entry;
  }

  delete(key: TextWords, hash: number): void {
    const entry = this.#find(key, hash);
    if (entry !== 0) this.remove(entry);
  }

  #find(key: TextWords, hash: number): number {
    const { words, blocks } = this;
    let entry = words[this.#bucketOf(hash)] as number;
    while (entry !== 0) {
      const at = blocks.at(entry);
      const isIt =
        words[at + Entry.hash] === hash &&
        words[at + Entry.keySize] === key.size &&
        blocks.startsWith(entry, key.words, key.count);
      if (isIt) return entry;
      entry = words[at + Entry.nextInBucket] as number;
    }
    return 0;
  }

  #bucketOf(hash: number): number {
    return HEADER_WORDS + (hash & (this.buckets - 1));
  }

  /** Nothing is added when it is larger than the shard. No entry may have the key. */
  add(key: TextWords, hash: number, value: TextWords | number, life: Life): void {
    const payload = key.count + (typeof value === "number" ? 0 : value.count);
    const needed = Blocks.needed(payload);
    if (needed > this.blocks.total) return;
    this.#makeRoom(needed, life.nowMs);
    const { words, blocks } = this;
    const entry = blocks.take(needed);
    const at = blocks.at(entry);
    words[at + Entry.hash] = hash;
    words[at + Entry.keySize] = key.size;
    blocks.write(entry, 0, key.words, key.count);
    this.#numbers[(at + Entry.expiresAtMs) / 2] = life.expiresAtMs;
    if (typeof value === "number") {
      words[at + Entry.valueSize] = IS_NUMBER;
      this.setNumber(entry, value);
    } else {
      words[at + Entry.valueSize] = value.size;
      blocks.write(entry, key.count, value.words, value.count);
    }
    const bucket = this.#bucketOf(hash);
    words[at + Entry.nextInBucket] = words[bucket] as number;
    words[Header.entries] = (words[Header.entries] as number) + 1;
    this.recency.add(entry);
    words[bucket] = entry;
  }

  #makeRoom(blocks: number, nowMs: number): void {
    while (
      (this.words[Header.entries] as number) >= this.#maxEntries ||
      this.blocks.available < blocks
    ) {
      this.remove(this.#leastWorth(nowMs));
    }
  }

  /** Gone is gone: one that has expired, else the least recently used. */
  #leastWorth(nowMs: number): number {
    let entry = this.recency.oldest;
    for (let looked = 0; entry !== 0 && looked < EXPIRED_SEARCH; looked++) {
      if (this.expiresAtMs(entry) <= nowMs) return entry;
      entry = this.recency.newerThan(entry);
    }
    return this.recency.oldest;
  }

  remove(entry: number): void {
    const { words, blocks } = this;
    let link = this.#bucketOf(words[blocks.at(entry) + Entry.hash] as number);
    while (words[link] !== entry) link = blocks.at(words[link] as number) + Entry.nextInBucket;
    words[link] = words[blocks.at(entry) + Entry.nextInBucket] as number;
    words[Header.entries] = (words[Header.entries] as number) - 1;
    this.recency.remove(entry);
    blocks.give(entry);
  }

  expiresAtMs(entry: number): number {
    return this.#numbers[(this.blocks.at(entry) + Entry.expiresAtMs) / 2] as number;
  }

  isNumber(entry: number): boolean {
    return this.words[this.blocks.at(entry) + Entry.valueSize] === IS_NUMBER;
  }

  number(entry: number): number {
    return this.#numbers[(this.blocks.at(entry) + Entry.number) / 2] as number;
  }

  setNumber(entry: number, value: number): void {
    this.#numbers[(this.blocks.at(entry) + Entry.number) / 2] = value;
  }

  /** Whether the entry's value is that text. */
  holdsText(entry: number, text: TextWords): boolean {
    const at = this.blocks.at(entry);
    if (this.words[at + Entry.valueSize] !== text.size) return false;
    const start = wordsOf(this.words[at + Entry.keySize] as number);
    return this.blocks.holds(entry, start, text.words, text.count);
  }

  /** Copies a text value. */
  readText(entry: number, target: TextWords): void {
    const at = this.blocks.at(entry);
    target.setSize(this.words[at + Entry.valueSize] as number);
    const start = wordsOf(this.words[at + Entry.keySize] as number);
    this.blocks.read(entry, start, target.words, target.count);
  }
}
