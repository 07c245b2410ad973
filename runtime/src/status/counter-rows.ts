// Rows of counters, side by side in a few large blocks: with 10,000 routes, each request counts on a row that is in no
// cache, and pays for each line and each page of memory that it touches. Small objects spread over the heap cost thrice.

/** Numbers in a row: a multiple of 8, so that rows begin where cache lines do. */
export const ROW_LENGTH = 64;
const ROWS_IN_BLOCK = 512;

export interface CounterRow {
  readonly block: Float64Array;
  /** Index of the row's first number in its block. */
  readonly start: number;
}

export class CounterRows {
  #block = new Float64Array(ROW_LENGTH);
  #start = 0;

  /** A row of zeros, which is never given out again. */
  next(): CounterRow {
    if (this.#start === this.#block.length) {
      this.#block = new Float64Array(ROW_LENGTH * ROWS_IN_BLOCK);
      this.#start = 0;
    }
    const row = { block: this.#block, start: this.#start };
    this.#start += ROW_LENGTH;
    return row;
  }
}
