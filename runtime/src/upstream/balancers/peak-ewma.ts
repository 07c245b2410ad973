// A moving average of latencies that follows a rise at once and a fall slowly, so that a target that has become slow is
// left alone before many requests wait for it (the peak EWMA of Finagle's balancer).

/** After so long a measurement weighs 1/e. */
const DECAY_MS = 10_000;

export class PeakEwma {
  #ms = 0;
  #atMs = 0;
  #isKnown = false;

  /** Something was measured. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  observe(ms: number, nowMs: number): void {
    const kept = this.#kept(nowMs);
    const faded = this.#ms * kept;
    this.#ms = ms > this.#ms || !this.#isKnown ? ms : faded + ms * (1 - kept);
    this.#atMs = nowMs;
    this.#isKnown = true;
  }

  /** It fades while nothing is measured: a target that was slow is tried again after a while. */
  at(nowMs: number): number {
    return this.#ms * this.#kept(nowMs);
  }

  #kept(nowMs: number): number {
    return Math.exp(-Math.max(0, nowMs - this.#atMs) / DECAY_MS);
  }
}
