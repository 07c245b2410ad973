// The calendar windows, in UTC, in which something is counted.
import { PERIODS, s, windowAt } from "@sluice/plugin-sdk";
import type { Period } from "@sluice/plugin-sdk";

export { PERIODS };
export type { Period };

const limit = s.integer().min(1).optional();

/** Kong's fields: how much there may be in each period. */
export const periodFields = {
  second: limit,
  minute: limit,
  hour: limit,
  day: limit,
  month: limit,
  year: limit,
} as const;

// Workers read the clock a little apart: a counter outlives its window, or a late worker would begin it anew.
const KEEP_AFTER_END_MS = 1000;

/** The window of a period that was current when it was last looked at. */
export interface CalendarWindow {
  readonly period: Period;
  /** The store keys begin with this, so that no two share a counter. */
  readonly owner: string;
  startMs: number;
  endMs: number;
  /** The store keys of the window begin with this. */
  keyPrefix: string;
  /** As keyPrefix, of the window before. */
  previousPrefix: string;
}

export function calendarWindow(period: Period, owner: string): CalendarWindow {
  return { period, owner, startMs: 0, endMs: 0, keyPrefix: "", previousPrefix: "" };
}

/** Moves the window to the one that `nowMs` is in. */
export function moveTo(window: CalendarWindow, nowMs: number): void {
  if (nowMs >= window.startMs && nowMs < window.endMs) return;
  const { period, owner } = window;
  const { startMs, endMs, previousMs } = windowAt(period, nowMs);
  window.startMs = startMs;
  window.endMs = endMs;
  window.keyPrefix = `${owner}:${period}:${startMs}:`;
  window.previousPrefix = `${owner}:${period}:${previousMs}:`;
}

/** How long a counter that begins at `nowMs` is kept, in ms. */
export function lifetimeMs(window: CalendarWindow, nowMs: number): number {
  return window.endMs - nowMs + KEEP_AFTER_END_MS;
}

/** The same, when the next window looks at it, too. */
export function slidingLifetimeMs(window: CalendarWindow, nowMs: number): number {
  // That one may be longer: March still looks at February on the 31st.
  return windowAt(window.period, window.endMs).endMs - nowMs + KEEP_AFTER_END_MS;
}

/** The part of a window before this one that still counts, when windows slide. */
export function previousShare(window: CalendarWindow, nowMs: number): number {
  return (window.endMs - nowMs) / (window.endMs - window.startMs);
}
