// Lines that wait to be written, as bytes. Each is encoded when it comes, while it is in the processor's caches: one text
// of them all, put together and encoded later, takes twice as long.

/**
 * For one write. What is open for appending takes each write as a whole, so whole lines in it never mix with those of
 * other workers; Node cuts what is longer than 512 KiB.
 */
const BLOCK_BYTES = 128 * 1024;
/** Blocks that are kept to be filled again. */
const MAX_SPARE_BLOCKS = 4;
/** UTF-8 takes at most so many for a UTF-16 code unit. */
const MAX_BYTES_PER_CHARACTER = 3;

/** Whole lines. */
export interface Block {
  readonly bytes: Buffer;
  length: number;
  lines: number;
}

export class LineQueue {
  /** Bytes that wait. */
  byteLength = 0;
  #blocks: Block[] = [];
  readonly #spare: Block[] = [];

  push(line: string): void {
    const room = line.length * MAX_BYTES_PER_CHARACTER;
    let block = this.#blocks.at(-1);
    if (block === undefined || block.bytes.length - block.length < room) {
      block = this.#newBlock(room);
      this.#blocks.push(block);
    }
    const count = block.bytes.write(line, block.length);
    block.length += count;
    block.lines++;
    this.byteLength += count;
  }

  /** Takes all that waits, in order. */
  take(): readonly Block[] {
    const blocks = this.#blocks;
    this.#blocks = [];
    this.byteLength = 0;
    return blocks;
  }

  /** The block has been written. */
  giveBack(block: Block): void {
    if (block.bytes.length !== BLOCK_BYTES || this.#spare.length === MAX_SPARE_BLOCKS) return;
    block.length = 0;
    block.lines = 0;
    this.#spare.push(block);
  }

  #newBlock(room: number): Block {
    if (room > BLOCK_BYTES) return { bytes: Buffer.allocUnsafeSlow(room), length: 0, lines: 0 };
    return this.#spare.pop() ?? { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), length: 0, lines: 0 };
  }
}
