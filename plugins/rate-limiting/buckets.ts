// Token bucket and leaky bucket, both as the generic cell rate algorithm (ITU-T I.371): of each client only the time is
// kept at which its bucket would be empty again.
import type { Store } from "@sluice/plugin-sdk";

import type { Period } from "../parts/calendar-windows.ts";
import type { Window } from "./windows.ts";

/** ms each. */
export interface Bucket {
  /** Between two requests at the limit's rate. */
  readonly intervalMs: number;
  /** What a bucket holds. */
  readonly capacityMs: number;
}

const LENGTHS_MS: Readonly<Record<Period, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  month: 30 * 86_400_000,
  year: 365 * 86_400_000,
};

// Of an interval: times are sums of fractions, and what is exactly full must count as that.
const ROUNDING = 0.05;

/** Workers may read the clock that far apart. */
const CLOCK_STEP_MS = 1000;

/** `burst` requests fit at a time. */
export function bucketOf(period: Period, limit: number, burst: number): Bucket {
  const intervalMs = LENGTHS_MS[period] / limit;
  return { intervalMs, capacityMs: burst * intervalMs };
}

/** Puts the request into all buckets or none; says whether it fits, and leaves in each window what the client is told. */
export function takeFromBuckets(
  store: Store,
  windows: readonly Window[],
  identifier: string,
  nowMs: number,
  cost: number,
): boolean {
  // Another worker may change a bucket between reading and writing it; somebody always gets on.
  for (;;) {
    const found = windows.map((window) => store.get(keyOf(window, identifier)));
    const backlogs = windows.map((window, at) => backlogMs(window, Number(found[at] ?? 0), nowMs));
    const fits = windows.every((window, at) => hasRoom(window, backlogs[at] ?? 0, cost));
    for (const [at, window] of windows.entries()) {
      noteBacklog(window, { nowMs, cost, fits, backlogMs: backlogs[at] ?? 0 });
    }
    if (!fits) return false;
    let filled = 0;
    for (const [at, window] of windows.entries()) {
      const fullMs = (backlogs[at] ?? 0) + cost * window.bucket.intervalMs;
      const key = keyOf(window, identifier);
      if (!store.compareAndSet(key, found[at], String(nowMs + fullMs), Math.ceil(fullMs))) break;
      filled++;
    }
    if (filled === windows.length) return true;
    for (const window of windows.slice(0, filled)) takeBack(store, window, identifier, cost);
  }
}

function keyOf({ owner, period }: Window, identifier: string): string {
  return `${owner}:${period}:bucket:${identifier}`;
}

/** What a bucket has in it: nothing, when it has more than fits, because then the clock was set back (R6). */
function backlogMs({ bucket }: Window, emptyAtMs: number, nowMs: number): number {
  const backlog = emptyAtMs - nowMs;
  if (backlog > bucket.capacityMs + CLOCK_STEP_MS) return 0;
  return Math.min(Math.max(0, backlog), bucket.capacityMs);
}

function hasRoom({ bucket }: Window, backlogMs: number, cost: number): boolean {
  const { intervalMs, capacityMs } = bucket;
  return backlogMs + cost * intervalMs <= capacityMs + intervalMs * ROUNDING;
}

export interface BucketState {
  readonly nowMs: number;
  readonly cost: number;
  readonly fits: boolean;
  /** Before this request. */
  readonly backlogMs: number;
}

/** Leaves in the window what the client is told: what is left, and when it is all there or the request would fit. */
export function noteBacklog(window: Window, { nowMs, cost, fits, backlogMs }: BucketState): void {
  const { intervalMs, capacityMs } = window.bucket;
  const added = cost * intervalMs;
  const after = fits ? backlogMs + added : backlogMs;
  window.remaining = Math.max(0, Math.floor((capacityMs - after) / intervalMs + ROUNDING));
  window.delayMs = backlogMs;
  const lacksRoom = !fits && !hasRoom(window, backlogMs, cost);
  window.startMs = nowMs;
  window.endMs = nowMs + (lacksRoom ? backlogMs + added - capacityMs : after);
}

function takeBack(store: Store, window: Window, identifier: string, cost: number): void {
  const key = keyOf(window, identifier);
  for (;;) {
    const found = store.get(key);
    if (found === undefined) return;
    const emptyAtMs = Number(found) - cost * window.bucket.intervalMs;
    const lifetimeMs = Math.max(1, Math.ceil(window.bucket.capacityMs));
    if (store.compareAndSet(key, found, String(emptyAtMs), lifetimeMs)) return;
  }
}
