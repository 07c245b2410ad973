// Draws from a weighted set with one random number in constant time (Walker's alias method, built as Vose does).

export class AliasTable {
  /** How much of a column is its own; the rest is its alias'. */
  readonly #own: Float64Array;
  readonly #alias: Uint32Array;

  constructor(weights: readonly number[]) {
    const count = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#own = new Float64Array(count).fill(1);
    this.#alias = Uint32Array.from(weights.keys());
    const scaled = weights.map((weight) => (weight * count) / total);
    const small: number[] = [];
    const large: number[] = [];
    for (const [at, share] of scaled.entries()) (share < 1 ? small : large).push(at);
    for (;;) {
      const low = small.pop();
      const high = large.at(-1);
      if (low === undefined || high === undefined) break;
      this.#own[low] = scaled[low] ?? 1;
      this.#alias[low] = high;
      const left = (scaled[high] ?? 0) + (scaled[low] ?? 0) - 1;
      scaled[high] = left;
      if (left >= 1) continue;
      large.pop();
      small.push(high);
    }
  }

  /** An index, for a random number from 0 up to, but not including, 1. */
  draw(random: number): number {
    const scaled = random * this.#own.length;
    const column = Math.floor(scaled);
    return scaled - column < (this.#own[column] ?? 1) ? column : (this.#alias[column] ?? 0);
  }
}
