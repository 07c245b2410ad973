// Mutual exclusion between threads. What it guards takes less than a microsecond, so whoever must wait spins; the lock
// holds the number of the thread that has it, so that one which died with it can be told from one that is at work.

const SPINS = 500;
/** When the holder has lost its processor, spinning would only keep it away. */
const NAP_MS = 0.05;

export class SpinLock {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #holder: number;

  /** `holder` is above 0 and no other thread's, dead ones included. */
  constructor(words: Int32Array, at: number, holder: number) {
    this.#words = words;
    this.#at = at;
    this.#holder = holder;
  }

  acquire(): void {
    if (Atomics.compareExchange(this.#words, this.#at, 0, this.#holder) !== 0) this.#wait();
  }

  #wait(): void {
    for (let spins = 1; ; spins++) {
      const seen = Atomics.load(this.#words, this.#at);
      if (seen !== 0) {
        if (spins % SPINS === 0) Atomics.wait(this.#words, this.#at, seen, NAP_MS);
      } else if (Atomics.compareExchange(this.#words, this.#at, 0, this.#holder) === 0) {
        return;
      }
    }
  }

  release(): void {
    Atomics.store(this.#words, this.#at, 0);
  }

  /** Takes the lock from a thread that has ended. False when that one does not have it. */
  takeFrom(dead: number): boolean {
    return Atomics.compareExchange(this.#words, this.#at, dead, this.#holder) === dead;
  }
}
