// Where everything lies in the memory that the threads share. It is cut into shards, each a small store of its own with
// its own lock, so that threads seldom meet. All zeros is an empty store. Offsets count 32-bit words.
import { randomBytes } from "node:crypto";

export interface SharedMemoryOptions {
  /** Entries of the whole store; the oldest goes when there are more. */
  readonly maxEntries: number;
  /** Of keys, values and what it takes to keep them. Untouched memory costs nothing. */
  readonly maxBytes: number;
  /** A power of two; 16 by default. */
  readonly shards?: number;
}

/** What a thread must be given to use the store. It can be sent in a message. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  readonly shards: number;
  readonly shardWords: number;
  readonly maxEntriesPerShard: number;
  /** A power of two. */
  readonly bucketsPerShard: number;
  readonly blocksPerShard: number;
  /** Of the hash: strangers choose keys, and must not be able to choose ones that collide. */
  readonly seed: readonly [number, number];
}

/** Words of a shard's header. The lock has a cache line for itself: the others spin on it. */
export const Header = {
  lock: 0,
  /** Blocks 1 to this have been in use before. */
  usedBlocks: 16,
  /** First of the blocks that were given back, 0 for none. */
  freeBlock: 17,
  freeBlocks: 18,
  entries: 19,
  /** Least recently used entry, 0 for none. */
  oldest: 20,
  newest: 21,
} as const;

export const HEADER_WORDS = 32;
export const BLOCK_WORDS = 32;

/** Words of an entry's first block. Blocks and entries are known by number, from 1. */
export const Entry = {
  /** Also in the blocks that follow: the rest of key and value, 0 for none. */
  nextBlock: 0,
  nextInBucket: 1,
  hash: 2,
  older: 3,
  newer: 4,
  /** Bytes, times two, plus one for text with characters above U+00FF. */
  keySize: 5,
  /** The same for a text value; {@link IS_NUMBER} for a number. */
  valueSize: 6,
  /** A 64-bit float each: the value of a number, and when the entry expires. */
  number: 8,
  expiresAtMs: 10,
  /** Key, then text value, both filled up to whole words. */
  payload: 12,
} as const;

export const IS_NUMBER = -1;

const DEFAULT_SHARDS = 16;

export function createSharedMemory(options: SharedMemoryOptions): SharedMemory {
  const shards = options.shards ?? DEFAULT_SHARDS;
  const maxEntriesPerShard = Math.ceil(options.maxEntries / shards);
  const bucketsPerShard = Math.max(HEADER_WORDS, 2 ** Math.ceil(Math.log2(maxEntriesPerShard)));
  const blocksPerShard = Math.ceil(options.maxBytes / shards / (BLOCK_WORDS * 4));
  const shardWords = HEADER_WORDS + bucketsPerShard + blocksPerShard * BLOCK_WORDS;
  const random = randomBytes(8);
  return {
    buffer: new SharedArrayBuffer(shards * shardWords * 4),
    shards,
    shardWords,
    maxEntriesPerShard,
    bucketsPerShard,
    blocksPerShard,
    seed: [random.readInt32LE(0), random.readInt32LE(4)],
  };
}
