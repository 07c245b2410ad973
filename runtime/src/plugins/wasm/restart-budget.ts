// How fast instances may be made anew after faults: making one costs a hundred times what a call does, and whoever
// finds a request that breaks one must not spend the processor with it.

/** Restarts at once, and how many come back each second. */
const BURST = 10;
const PER_SECOND = 10;
/** For `fail_reload`: after a crash that follows another one within this time, ms, the wait doubles. */
const SERIES_MS = 10_000;
const FIRST_BACK_OFF_MS = 1000;
const MAX_BACK_OFF_MS = 60_000;

export class RestartBudget {
  readonly #now: () => number;
  readonly #isExponential: boolean;
  #tokens = BURST;
  #countedAtMs: number;
  #lastCrashAtMs = -Infinity;
  #backOffMs = 0;

  /** `now`: monotonic, ms. Exponential back-off is Envoy's for `fail_reload`: 1 s, doubling to 60 s. */
  constructor(isExponential: boolean, now: () => number = () => performance.now()) {
    this.#isExponential = isExponential;
    this.#now = now;
    this.#countedAtMs = now();
  }

  /** An instance broke: how long to wait before the next one is made, ms. */
  spend(): number {
    const nowMs = this.#now();
    return this.#isExponential ? this.#backOff(nowMs) : this.#token(nowMs);
  }

  #token(nowMs: number): number {
    const earned = ((nowMs - this.#countedAtMs) / 1000) * PER_SECOND;
    this.#tokens = Math.min(BURST, this.#tokens + earned) - 1;
    this.#countedAtMs = nowMs;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / PER_SECOND) * 1000;
  }

  #backOff(nowMs: number): number {
    const isSeries = nowMs - this.#lastCrashAtMs < SERIES_MS + this.#backOffMs;
    this.#lastCrashAtMs = nowMs;
    if (!isSeries) return (this.#backOffMs = 0);
    this.#backOffMs = Math.min(MAX_BACK_OFF_MS, Math.max(FIRST_BACK_OFF_MS, 2 * this.#backOffMs));
    // Up to a fifth less, so that workers that crashed together do not start together.
    return this.#backOffMs * (1 - Math.random() / 5);
  }
}
