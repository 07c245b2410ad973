// When each request of an open-loop run is due: evenly spaced, whatever the answers do.

export interface Schedule {
  /** Requests of the whole run. */
  readonly total: number;
  /** When request `index` (from 0) is due, in µs since the start. */
  dueAtUs(index: number): number;
  /** How many requests are due `elapsedUs` after the start. */
  dueCount(elapsedUs: number): number;
}

/** Throws on a rate or length that gives no request. */
export function evenSchedule(ratePerSecond: number, durationUs: number): Schedule {
  const gapUs = 1_000_000 / ratePerSecond;
  const total = Math.floor(durationUs / gapUs);
  if (!(total >= 1)) throw new RangeError(`${ratePerSecond}/s for ${durationUs} µs is no request`);
  return {
    total,
    dueAtUs: (index) => index * gapUs,
    dueCount: (elapsedUs) => {
      if (elapsedUs < 0) return 0;
      return Math.min(total, Math.floor(elapsedUs / gapUs) + 1);
    },
  };
}
