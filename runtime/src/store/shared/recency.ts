// The entries of a shard from the least to the most recently used one: a list in both directions.
import type { Blocks } from "./blocks.ts";
import { Entry, Header } from "./layout.ts";

export class Recency {
  readonly #words: Int32Array;
  readonly #blocks: Blocks;

  constructor(words: Int32Array, blocks: Blocks) {
    this.#words = words;
    this.#blocks = blocks;
  }

  /** 0 when there is none. */
  get oldest(): number {
    return this.#words[Header.oldest] as number;
  }

  /** The entry that was used after this one, or 0. */
  newerThan(entry: number): number {
    return this.#words[this.#blocks.at(entry) + Entry.newer] as number;
  }

  add(entry: number): void {
    const words = this.#words;
    const newest = words[Header.newest] as number;
    words[this.#blocks.at(entry) + Entry.older] = newest;
    words[this.#blocks.at(entry) + Entry.newer] = 0;
    if (newest === 0) words[Header.oldest] = entry;
    else words[this.#blocks.at(newest) + Entry.newer] = entry;
    words[Header.newest] = entry;
  }

  remove(entry: number): void {
    const words = this.#words;
    const older = words[this.#blocks.at(entry) + Entry.older] as number;
    const newer = words[this.#blocks.at(entry) + Entry.newer] as number;
    if (older === 0) words[Header.oldest] = newer;
    else words[this.#blocks.at(older) + Entry.newer] = newer;
    if (newer === 0) words[Header.newest] = older;
    else words[this.#blocks.at(newer) + Entry.older] = older;
  }

  /** The entry is used now. */
  touch(entry: number): void {
    if (this.#words[Header.newest] === entry) return;
    this.remove(entry);
    this.add(entry);
  }

  clear(): void {
    this.#words[Header.oldest] = 0;
    this.#words[Header.newest] = 0;
  }
}
