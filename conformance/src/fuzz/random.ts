// Random numbers that a seed determines, so that what a run found can be found again.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** The numbers of one iteration, whatever came before it. */
  static of(seed: number, iteration: number): Random {
    const mixed = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(iteration + 1, 0x85ebca6b));
    mixed.below(2);
    return mixed;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    // Mulberry32.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /** From 0 to `count` - 1 items made by `make`. */
  list<T>(count: number, make: () => T): T[] {
    return Array.from({ length: this.below(count) }, make);
  }
}
