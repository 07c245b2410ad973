// The calendar windows, in UTC, in which something is counted.
import { s } from "@sluice/plugin-sdk";

/** Kong's periods, shortest first. */
export const PERIODS = ["second", "minute", "hour", "day", "month", "year"] as const;
export type Period = (typeof PERIODS)[number];

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

const FIXED_LENGTHS_MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

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
  let previousMs: number;
  if (period === "month" || period === "year") {
    const now = new Date(nowMs);
    const year = now.getUTCFullYear();
    const month = now.getUTCMonth();
    const isMonth = period === "month";
    window.startMs = isMonth ? Date.UTC(year, month) : Date.UTC(year, 0);
    window.endMs = isMonth ? Date.UTC(year, month + 1) : Date.UTC(year + 1, 0);
    previousMs = isMonth ? Date.UTC(year, month - 1) : Date.UTC(year - 1, 0);
  } else {
    const lengthMs = FIXED_LENGTHS_MS[period];
    window.startMs = nowMs - (nowMs % lengthMs);
    window.endMs = window.startMs + lengthMs;
    previousMs = window.startMs - lengthMs;
  }
  window.keyPrefix = `${owner}:${period}:${window.startMs}:`;
  window.previousPrefix = `${owner}:${period}:${previousMs}:`;
}

/** How long a counter that begins at `nowMs` is kept, in ms. */
export function lifetimeMs(window: CalendarWindow, nowMs: number): number {
  return window.endMs - nowMs + KEEP_AFTER_END_MS;
}

/** The same, when the next window looks at it, too. */
export function slidingLifetimeMs(window: CalendarWindow, nowMs: number): number {
  return lifetimeMs(window, nowMs) + window.endMs - window.startMs;
}

/** The part of a window before this one that still counts, when windows slide. */
export function previousShare(window: CalendarWindow, nowMs: number): number {
  return (window.endMs - nowMs) / (window.endMs - window.startMs);
}
