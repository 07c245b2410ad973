// Counts durations in buckets. A request pays for two array writes; Prometheus sums up when it asks.

/** Upper bounds, ms: Kong's buckets for latencies. */
export const LATENCY_BUCKETS_MS: readonly number[] = [
  1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000,
];
/** With the one for what is above all bounds. */
export const BUCKET_COUNT: number = LATENCY_BUCKETS_MS.length + 1;

/** The first bucket that the time is not above. */
export function bucketOf(ms: number): number {
  let bucket = 0;
  while (bucket < LATENCY_BUCKETS_MS.length && ms > (LATENCY_BUCKETS_MS[bucket] ?? 0)) bucket++;
  return bucket;
}

/** What was observed so far. */
export interface HistogramReading {
  /** One count for each bucket. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export class Histogram implements HistogramReading {
  readonly counts: number[] = Array.from({ length: BUCKET_COUNT }, () => 0);
  sum = 0;

  observe(ms: number): void {
    const bucket = bucketOf(ms);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += ms;
  }
}
