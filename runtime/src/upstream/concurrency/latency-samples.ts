// Latencies of one window, of which a percentile is asked at its end. Of more than it holds, the last ones count.

const CAPACITY = 1024;

export class LatencySamples {
  readonly #samples = new Float64Array(CAPACITY);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(latencyMs: number): void {
    this.#samples[this.#count++ % CAPACITY] = latencyMs;
  }

  /** There must be samples. */
  percentile(percent: number): number {
    const sorted = this.#samples.slice(0, Math.min(this.#count, CAPACITY)).toSorted();
    const at = Math.ceil((percent / 100) * sorted.length) - 1;
    return sorted[Math.max(0, at)] ?? 0;
  }

  clear(): void {
    this.#count = 0;
  }
}
