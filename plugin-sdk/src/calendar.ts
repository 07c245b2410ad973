// The calendar's windows, in UTC, in which something is counted.

/** Kong's periods, shortest first. */
export const PERIODS = ["second", "minute", "hour", "day", "month", "year"] as const;
export type Period = (typeof PERIODS)[number];

/** ms since 1970. */
export interface CalendarWindow {
  readonly startMs: number;
  /** The first moment that is not in it. */
  readonly endMs: number;
  /** Where the window before begins. */
  readonly previousMs: number;
}

const FIXED_LENGTHS_MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The window of a period that a time, ms since 1970, is in. */
export function windowAt(period: Period, timeMs: number): CalendarWindow {
  if (period === "month" || period === "year") {
    const time = new Date(timeMs);
    const year = time.getUTCFullYear();
    const month = time.getUTCMonth();
    return period === "month"
      ? {
          startMs: Date.UTC(year, month),
          endMs: Date.UTC(year, month + 1),
          previousMs: Date.UTC(year, month - 1),
        }
      : {
          startMs: Date.UTC(year, 0),
          endMs: Date.UTC(year + 1, 0),
          previousMs: Date.UTC(year - 1, 0),
        };
  }
  const lengthMs = FIXED_LENGTHS_MS[period];
  const startMs = Math.floor(timeMs / lengthMs) * lengthMs;
  return { startMs, endMs: startMs + lengthMs, previousMs: startMs - lengthMs };
}
