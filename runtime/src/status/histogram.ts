// Counts durations in buckets. A request pays for three array writes; Prometheus sums up when it asks.

/** Upper bounds, ms: Kong's buckets for latencies. */
export const LATENCY_BUCKETS_MS: readonly number[] = [
  1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000,
];

export class Histogram {
  /** One count for each bucket, then the one for what is above them all. */
  readonly counts: Float64Array = new Float64Array(LATENCY_BUCKETS_MS.length + 1);
  sum = 0;

  observe(ms: number): void {
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS_MS.length && ms > (LATENCY_BUCKETS_MS[bucket] ?? 0)) bucket++;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += ms;
  }
}
