// One limit of a plugin entry and what is known of it.
import { calendarWindow } from "../parts/calendar-windows.ts";
import type { CalendarWindow, Period } from "../parts/calendar-windows.ts";
import { bucketOf } from "./buckets.ts";
import type { Bucket } from "./buckets.ts";

export interface Window extends CalendarWindow {
  readonly limit: number;
  readonly limitText: string;
  readonly limitHeader: string;
  readonly remainingHeader: string;
  readonly bucket: Bucket;
  /** Requests left for the client that was counted last. Handlers are synchronous: no other request comes between. */
  remaining: number;
  /** How long that client has to wait before it goes on. */
  delayMs: number;
  /** As last asked for, and its text: most requests of a second ask for the same. */
  secondsLeft: number;
  secondsLeftText: string;
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
    limitText: String(limit),
    limitHeader: `X-RateLimit-Limit-${title}`,
    remainingHeader: `X-RateLimit-Remaining-${title}`,
    bucket: bucketOf(period, limit, burst),
    remaining: limit,
    delayMs: 0,
    secondsLeft: 0,
    secondsLeftText: "0",
  };
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
