// One limit of a plugin entry and what is known of it.
import { calendarWindow } from "../parts/calendar-windows.ts";
import type { CalendarWindow, Period } from "../parts/calendar-windows.ts";
import { bucketOf } from "./buckets.ts";
import type { Bucket } from "./buckets.ts";

export interface Window extends CalendarWindow {
  readonly limit: number;
  /** Of a block of headers (`setHeaderBlock`), up to what remains: RateLimit-*, and X-RateLimit-*. */
  readonly standardHeaders: string;
  readonly ownHeaders: string;
  readonly bucket: Bucket;
  /** Requests left for the client that was counted last. Handlers are synchronous: no other request comes between. */
  remaining: number;
  /** How long that client has to wait before it goes on. */
  delayMs: number;
  /** Whole seconds until the window ends, as last asked for, and the header of the block that says them. */
  secondsLeft: number;
  resetHeader: string;
}

/** `burst` is for buckets only. */
export function createWindow(
  period: Period,
  limit: number,
  entryId: string,
  burst: number = limit,
): Window {
  const title = period.charAt(0).toUpperCase() + period.slice(1);
  return {
    ...calendarWindow(period, entryId),
    limit,
    standardHeaders: `RateLimit-Limit\0${limit}\0RateLimit-Remaining\0`,
    ownHeaders: `X-RateLimit-Limit-${title}\0${limit}\0X-RateLimit-Remaining-${title}\0`,
    bucket: bucketOf(period, limit, burst),
    remaining: limit,
    delayMs: 0,
    secondsLeft: -1,
    resetHeader: "",
  };
}

/** Brings the seconds to what is left at `nowMs`, a time in the window. */
export function moveReset(window: Window, nowMs: number): void {
  const seconds = Math.ceil((window.endMs - nowMs) / 1000);
  if (seconds === window.secondsLeft) return;
  window.secondsLeft = seconds;
  window.resetHeader = `\0RateLimit-Reset\0${seconds}\0`;
}
