// The calendar windows, in UTC, in which requests are counted.

/** Kong's periods, shortest first. */
export const PERIODS = ["second", "minute", "hour", "day", "month", "year"] as const;
export type Period = (typeof PERIODS)[number];

const FIXED_LENGTHS_MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

// Workers read the clock a little apart: a counter outlives its window, or a late worker would begin it anew.
const KEEP_AFTER_END_MS = 1000;

/** One limit of a plugin entry, and the window of its period that was current when it was last looked at. */
export interface Window {
  readonly period: Period;
  readonly limit: number;
  readonly limitText: string;
  readonly limitHeader: string;
  readonly remainingHeader: string;
  readonly entryId: string;
  startMs: number;
  endMs: number;
  /** The store keys of the window begin with this. */
  keyPrefix: string;
  /** Requests left for the client that was counted last. Handlers are synchronous: no other request comes between. */
  remaining: number;
  /** As last asked for, and its text: most requests of a second ask for the same. */
  secondsLeft: number;
  secondsLeftText: string;
}

export function createWindow(period: Period, limit: number, entryId: string): Window {
  const title = period.charAt(0).toUpperCase() + period.slice(1);
  return {
    period,
    limit,
    limitText: String(limit),
    limitHeader: `X-RateLimit-Limit-${title}`,
    remainingHeader: `X-RateLimit-Remaining-${title}`,
    entryId,
    startMs: 0,
    endMs: 0,
    keyPrefix: "",
    remaining: limit,
    secondsLeft: 0,
    secondsLeftText: "0",
  };
}

/** Moves the window to the one that `nowMs` is in. */
export function moveTo(window: Window, nowMs: number): void {
  if (nowMs >= window.startMs && nowMs < window.endMs) return;
  if (window.period === "month" || window.period === "year") {
    const now = new Date(nowMs);
    const year = now.getUTCFullYear();
    const month = now.getUTCMonth();
    const isMonth = window.period === "month";
    window.startMs = isMonth ? Date.UTC(year, month) : Date.UTC(year, 0);
    window.endMs = isMonth ? Date.UTC(year, month + 1) : Date.UTC(year + 1, 0);
  } else {
    const lengthMs = FIXED_LENGTHS_MS[window.period];
    window.startMs = nowMs - (nowMs % lengthMs);
    window.endMs = window.startMs + lengthMs;
  }
  window.keyPrefix = `${window.entryId}:${window.period}:${window.startMs}:`;
}

/** How long a counter that begins at `nowMs` is kept, in ms. */
export function lifetimeMs(window: Window, nowMs: number): number {
  return window.endMs - nowMs + KEEP_AFTER_END_MS;
}

/** Whole seconds until the window ends; `nowMs` is in the window. */
export function resetText(window: Window, nowMs: number): string {
  const seconds = Math.ceil((window.endMs - nowMs) / 1000);
  if (seconds !== window.secondsLeft) {
    window.secondsLeft = seconds;
    window.secondsLeftText = String(seconds);
  }
  return window.secondsLeftText;
}
