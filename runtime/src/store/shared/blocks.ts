// The memory of one shard in blocks of one size: any chain of them holds any text, so nothing can fragment.
import { BLOCK_WORDS, Entry, HEADER_WORDS, Header } from "./layout.ts";
import type { SharedMemory } from "./layout.ts";

const PAYLOAD_OF_FIRST = BLOCK_WORDS - Entry.payload;
const PAYLOAD_OF_OTHERS = BLOCK_WORDS - 1;

export class Blocks {
  readonly #words: Int32Array;
  readonly #total: number;
  /** Where block 0 would be. */
  readonly #base: number;

  constructor(words: Int32Array, memory: SharedMemory) {
    this.#words = words;
    this.#total = memory.blocksPerShard;
    this.#base = HEADER_WORDS + memory.bucketsPerShard - BLOCK_WORDS;
  }

  /** Where the block's words start in the shard. */
  at(block: number): number {
    return this.#base + block * BLOCK_WORDS;
  }

  static needed(payloadWords: number): number {
    if (payloadWords <= PAYLOAD_OF_FIRST) return 1;
    return 1 + Math.ceil((payloadWords - PAYLOAD_OF_FIRST) / PAYLOAD_OF_OTHERS);
  }

  get total(): number {
    return this.#total;
  }

  get available(): number {
    const used = this.#words[Header.usedBlocks] as number;
    return this.#total - used + (this.#words[Header.freeBlocks] as number);
  }

  /** A chain of blocks; there must be as many. */
  take(count: number): number {
    let first = 0;
    for (let taken = 0; taken < count; taken++) {
      const block = this.#takeOne();
      this.#words[this.at(block) + Entry.nextBlock] = first;
      first = block;
    }
    return first;
  }

  #takeOne(): number {
    const words = this.#words;
    const block = words[Header.freeBlock] as number;
    if (block === 0) return (words[Header.usedBlocks] = (words[Header.usedBlocks] as number) + 1);
    words[Header.freeBlock] = words[this.at(block) + Entry.nextBlock] as number;
    words[Header.freeBlocks] = (words[Header.freeBlocks] as number) - 1;
    return block;
  }

  /** Gives back a chain. */
  give(first: number): void {
    const words = this.#words;
    for (let block = first; block !== 0;) {
      const next = words[this.at(block) + Entry.nextBlock] as number;
      words[this.at(block) + Entry.nextBlock] = words[Header.freeBlock] as number;
      words[Header.freeBlock] = block;
      words[Header.freeBlocks] = (words[Header.freeBlocks] as number) + 1;
      block = next;
    }
  }

  /** Copies words into a chain's payload, from the payload's word `start` on. */
  write(first: number, start: number, source: Int32Array, count: number): void {
    const words = this.#words;
    let { block, at, end } = this.#find(first, start);
    for (let copied = 0; copied < count; copied++) {
      if (at === end) {
        block = words[this.at(block) + Entry.nextBlock] as number;
        at = this.at(block) + 1;
        end = this.at(block) + BLOCK_WORDS;
      }
      words[at++] = source[copied] as number;
    }
  }

  /** Copies a part of a chain's payload. */
  read(first: number, start: number, target: Int32Array, count: number): void {
    const words = this.#words;
    let { block, at, end } = this.#find(first, start);
    for (let copied = 0; copied < count; copied++) {
      if (at === end) {
        block = words[this.at(block) + Entry.nextBlock] as number;
        at = this.at(block) + 1;
        end = this.at(block) + BLOCK_WORDS;
      }
      target[copied] = words[at++] as number;
    }
  }

  /** Whether a chain's payload starts with these words. */
  startsWith(first: number, source: Int32Array, count: number): boolean {
    const words = this.#words;
    let block = first;
    let at = this.at(block) + Entry.payload;
    let end = this.at(block) + BLOCK_WORDS;
    for (let compared = 0; compared < count; compared++) {
      if (at === end) {
        block = words[this.at(block) + Entry.nextBlock] as number;
        at = this.at(block) + 1;
        end = this.at(block) + BLOCK_WORDS;
      }
      if (words[at++] !== source[compared]) return false;
    }
    return true;
  }

  /** As startsWith, from the payload's word `start` on. */
  holds(first: number, start: number, source: Int32Array, count: number): boolean {
    const words = this.#words;
    let { block, at, end } = this.#find(first, start);
    for (let compared = 0; compared < count; compared++) {
      if (at === end) {
        block = words[this.at(block) + Entry.nextBlock] as number;
        at = this.at(block) + 1;
        end = this.at(block) + BLOCK_WORDS;
      }
      if (words[at++] !== source[compared]) return false;
    }
    return true;
  }

  #find(first: number, start: number): { block: number; at: number; end: number } {
    let block = first;
    let at = this.at(block) + Entry.payload + start;
    let end = this.at(block) + BLOCK_WORDS;
    while (at > end) {
      const rest = at - end;
      block = this.#words[this.at(block) + Entry.nextBlock] as number;
      at = this.at(block) + 1 + rest;
      end = this.at(block) + BLOCK_WORDS;
    }
    return { block, at, end };
  }
}
