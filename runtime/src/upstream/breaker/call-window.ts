// The calls that a breaker goes by: the last so many, or those of the last so many seconds. Rates are in percent.

export interface CallWindow {
  record(isFailure: boolean, isSlow: boolean, nowMs: number): void;
  rates(nowMs: number): Rates;
}

export interface Rates {
  readonly calls: number;
  readonly failureRate: number;
  readonly slowCallRate: number;
}

const FAILURE = 1;
const SLOW = 2;

/** The last `size` calls. */
export class CountWindow implements CallWindow {
  readonly #outcomes: Uint8Array;
  #next = 0;
  #calls = 0;
  #failures = 0;
  #slow = 0;

  constructor(size: number) {
    this.#outcomes = new Uint8Array(size);
  }

  record(isFailure: boolean, isSlow: boolean): void {
    if (this.#calls === this.#outcomes.length) this.#add(this.#outcomes[this.#next] ?? 0, -1);
    else this.#calls++;
    const outcome = (isFailure ? FAILURE : 0) | (isSlow ? SLOW : 0);
    this.#outcomes[this.#next] = outcome;
    this.#add(outcome, 1);
    this.#next = (this.#next + 1) % this.#outcomes.length;
  }

  rates(): Rates {
    return ratesOf(this.#calls, this.#failures, this.#slow);
  }

  #add(outcome: number, by: number): void {
    if ((outcome & FAILURE) !== 0) this.#failures += by;
    if ((outcome & SLOW) !== 0) this.#slow += by;
  }
}

/** Those of the last `seconds`, counted by the second. */
export class TimeWindow implements CallWindow {
  readonly #calls: Uint32Array;
  readonly #failures: Uint32Array;
  readonly #slow: Uint32Array;
  /** The latest second that is counted. */
  #second = 0;

  constructor(seconds: number) {
    this.#calls = new Uint32Array(seconds);
    this.#failures = new Uint32Array(seconds);
    this.#slow = new Uint32Array(seconds);
  }

  record(isFailure: boolean, isSlow: boolean, nowMs: number): void {
    const at = this.#advance(nowMs);
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
    if (isFailure) this.#failures[at] = (this.#failures[at] ?? 0) + 1;
    if (isSlow) this.#slow[at] = (this.#slow[at] ?? 0) + 1;
  }

  rates(nowMs: number): Rates {
    this.#advance(nowMs);
    return ratesOf(sum(this.#calls), sum(this.#failures), sum(this.#slow));
  }

  /** Forgets the seconds that are too old; where the present one is counted. */
  #advance(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    const size = this.#calls.length;
    const passed = Math.min(Math.max(0, second - this.#second), size);
    for (let back = 0; back < passed; back++) {
      const at = (second - back) % size;
      this.#calls[at] = 0;
      this.#failures[at] = 0;
      this.#slow[at] = 0;
    }
    this.#second = Math.max(this.#second, second);
    return this.#second % size;
  }
}

function sum(counts: Uint32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}

function ratesOf(calls: number, failures: number, slow: number): Rates {
  const percent = (count: number): number => (calls === 0 ? 0 : (count / calls) * 100);
  return { calls, failureRate: percent(failures), slowCallRate: percent(slow) };
}
