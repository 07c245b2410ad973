// Medians and ratios over rounds.

/** Middle value, or the mean of the two middle ones. Throws on an empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("median of no values");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = at(sorted, middle);
  return sorted.length % 2 === 1 ? upper : (at(sorted, middle - 1) + upper) / 2;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median with the smallest and the largest value. Throws on an empty list. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Median of `of[i] / to[i]` over the rounds that both have. Pairing by round keeps a slow spell of the machine,
 * which hits neighbours in time alike, out of the ratio. Undefined when no round is shared.
 */
export function pairedRatio(
  of: ReadonlyMap<number, number>,
  to: ReadonlyMap<number, number>,
): Spread | undefined {
  const ratios: number[] = [];
  for (const [round, value] of of) {
    const base = to.get(round);
    if (base !== undefined && base > 0) ratios.push(value / base);
  }
  return ratios.length === 0 ? undefined : spread(ratios);
}

/** Each of the three divided by a number: another unit of the same. */
export function scaled({ median, min, max }: Spread, divisor: number): Spread {
  return { median: median / divisor, min: min / divisor, max: max / divisor };
}

/** Bytes to MB of 10^6 bytes. */
export function megabytes(bytes: number): number {
  return bytes / 1_000_000;
}

/** The median, and the range in brackets where there is one. */
export function withRange({ median, min, max }: Spread, digits: number): string {
  const middle = median.toFixed(digits);
  return min === max ? middle : `${middle} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no value at ${index}`);
  return value;
}
