// Weights that change one by one, and draws by them, each in O(log n): a tree of sums (Fenwick, "A new data structure for
// cumulative frequency tables").

/** Weights are kept in steps of it, so that sums stay exact however often they change. */
const STEP = 1 / 1024;

export class WeightTree {
  readonly #weights: Float64Array;
  /** At each place the sum of as many weights up to it as the lowest bit of the place, counted from 1, says. */
  readonly #sums: Float64Array;
  /** The highest power of two that is no more than the number of weights. */
  readonly #top: number;
  #total = 0;

  constructor(count: number) {
    this.#weights = new Float64Array(count);
    this.#sums = new Float64Array(count + 1);
    this.#top = count === 0 ? 0 : 2 ** Math.floor(Math.log2(count));
  }

  get total(): number {
    return this.#total;
  }

  of(place: number): number {
    return this.#weights[place] ?? 0;
  }

  set(place: number, weight: number): void {
    const rounded = weight === 0 ? 0 : Math.max(STEP, Math.round(weight / STEP) * STEP);
    const change = rounded - this.of(place);
    if (change === 0) return;
    this.#weights[place] = rounded;
    this.#total += change;
    for (let at = place + 1; at < this.#sums.length; at += at & -at) {
      this.#sums[at] = (this.#sums[at] ?? 0) + change;
    }
  }

  /** A place by its share of the total, for a number from 0 up to 1; -1 when the total is 0. */
  draw(random: number): number {
    if (this.#total === 0) return -1;
    let left = random * this.#total;
    let before = 0;
    for (let step = this.#top; step > 0; step >>= 1) {
      const at = before + step;
      if (at >= this.#sums.length || (this.#sums[at] ?? 0) > left) continue;
      before = at;
      left -= this.#sums[at] ?? 0;
    }
    // A product that was rounded up to the total leads past the end.
    while (before > 0 && this.of(before) === 0) before--;
    return before;
  }
}
