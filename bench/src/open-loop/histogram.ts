// Counts of durations in buckets that are at most 1/64 of the value wide, so that recording allocates nothing.

const SUB_BUCKET_BITS = 6;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const MAX_VALUE = 2 ** 31 - 1;

export class Histogram {
  readonly #counts: Uint32Array = new Uint32Array(bucketOf(MAX_VALUE) + 1);
  #total = 0;
  #max = 0;

  /** Counts a value in whole µs; fractions are cut off, what is out of range goes to its end. */
  record(value: number): void {
    const whole = Math.trunc(Math.min(MAX_VALUE, Math.max(0, value)));
    const bucket = bucketOf(whole);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
    if (whole > this.#max) this.#max = whole;
  }

  get total(): number {
    return this.#total;
  }

  get max(): number {
    return this.#max;
  }

  /** The value that `percent` of all are not above, at most 1/64 too high. 0 when nothing was recorded. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((this.#total * percent) / 100));
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted) return Math.min(this.#max, highestIn(bucket));
    }
    return this.#max;
  }
}

/** Values below 64 have a bucket each; above, each doubling has 64 of equal width. */
function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value;
  const shift = 31 - Math.clz32(value) - SUB_BUCKET_BITS;
  return (shift + 1) * SUB_BUCKETS + (value >> shift) - SUB_BUCKETS;
}

function highestIn(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const first = ((bucket % SUB_BUCKETS) + SUB_BUCKETS) * 2 ** shift;
  return first + 2 ** shift - 1;
}
