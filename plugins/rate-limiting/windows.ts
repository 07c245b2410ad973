// One limit of a plugin entry that keeps its own count, and what is known of it.
import { calendarWindow } from "../parts/calendar-windows.ts";
import type { CalendarWindow, Period } from "../parts/calendar-windows.ts";
import { bucketOf } from "./buckets.ts";
import type { Bucket } from "./buckets.ts";

export interface Window extends CalendarWindow {
  readonly limit: number;
  readonly bucket: Bucket;
  /** Requests left for the client that was counted last. It is of that one only until the next await. */
  remaining: number;
  /** How long that client has to wait before it goes on. */
  delayMs: number;
}

/** `burst` is for buckets only. */
export function createWindow(
  period: Period,
  limit: number,
  entryId: string,
  burst: number = limit,
): Window {
  return {
    ...calendarWindow(period, entryId),
    limit,
    bucket: bucketOf(period, limit, burst),
    remaining: limit,
    delayMs: 0,
  };
}

/** Whole seconds that are left at `nowMs`, a time in the window. */
export function secondsLeft({ endMs }: Window, nowMs: number): number {
  return Math.ceil((endMs - nowMs) / 1000);
}

/** The window with the fewest requests left; the longest of several. */
export function tightest(windows: readonly Window[]): Window {
  let found = windows[0] as Window; // An entry has at least one.
  for (const window of windows) if (window.remaining <= found.remaining) found = window;
  return found;
}
