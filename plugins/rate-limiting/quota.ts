// Counts a request in all windows of an entry, or in none.
import type { Store } from "@sluice/plugin-sdk";

import { lifetimeMs, moveTo, previousShare, slidingLifetimeMs } from "../parts/calendar-windows.ts";
import type { Window } from "./windows.ts";

/** Says whether the request fits, and leaves in each window what the client is told of it. */
export type Take = (
  store: Store,
  windows: readonly Window[],
  identifier: string,
  nowMs: number,
  cost: number,
) => boolean;

/**
 * Adds the cost in each window and takes back what it added when one of them is full; says whether the request fits.
 * Adding comes before comparing: the counters are all that workers share, and only as many requests as the limit
 * allows see a result within it. Leaves in `remaining` of each window what is left for the client.
 */
export function take(
  store: Store,
  windows: readonly Window[],
  identifier: string,
  nowMs: number,
  cost: number,
): boolean {
  // Loops over an index: QuickJS takes half as long for them as for iterators.
  for (let at = 0; at < windows.length; at++) {
    const window = windows[at] as Window;
    moveTo(window, nowMs);
    const used = store.increment(window.keyPrefix + identifier, cost, lifetimeMs(window, nowMs));
    window.remaining = window.limit - used;
    if (used > window.limit) {
      giveBack(store, windows, identifier, nowMs, { counted: at + 1, cost });
      return false;
    }
  }
  return true;
}

/** Takes the cost back from the first `counted` windows. */
function giveBack(
  store: Store,
  windows: readonly Window[],
  identifier: string,
  nowMs: number,
  { counted, cost }: { readonly counted: number; readonly cost: number },
): void {
  for (const [index, window] of windows.entries()) {
    moveTo(window, nowMs);
    const key = window.keyPrefix + identifier;
    const used =
      index < counted
        ? store.increment(key, -cost, lifetimeMs(window, nowMs))
        : Number(store.get(key) ?? 0);
    window.remaining = Math.max(0, window.limit - used);
  }
}

/** As {@link take}; of the window before, the part counts that a window ending now would still have in it. */
export function takeSliding(
  store: Store,
  windows: readonly Window[],
  identifier: string,
  nowMs: number,
  cost: number,
): boolean {
  let fits = true;
  let counted = 0;
  for (const window of windows) {
    moveTo(window, nowMs);
    const key = window.keyPrefix + identifier;
    const before = slidPart(store, window, identifier, nowMs);
    counted++;
    const used = before + store.increment(key, cost, slidingLifetimeMs(window, nowMs));
    window.remaining = Math.floor(window.limit - used);
    fits = used <= window.limit;
    if (!fits) break;
  }
  if (fits) return true;
  for (const [index, window] of windows.entries()) {
    const key = window.keyPrefix + identifier;
    const own =
      index < counted
        ? store.increment(key, -cost, slidingLifetimeMs(window, nowMs))
        : Number(store.get(key) ?? 0);
    const used = own + slidPart(store, window, identifier, nowMs);
    window.remaining = Math.max(0, Math.floor(window.limit - used));
  }
  return false;
}

function slidPart(store: Store, window: Window, identifier: string, nowMs: number): number {
  moveTo(window, nowMs);
  return Number(store.get(window.previousPrefix + identifier) ?? 0) * previousShare(window, nowMs);
}
