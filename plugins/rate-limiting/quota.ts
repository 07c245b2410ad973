// Counts a request in all windows of an entry, or in none.
import type { Store } from "@sluice/plugin-sdk";

import { lifetimeMs, moveTo } from "./windows.ts";
import type { Window } from "./windows.ts";

/**
 * Adds one in each window and takes back what it added when one of them is full; says whether the request fits.
 * Adding comes before comparing: the counters are all that workers share, and only as many requests as the limit
 * allows see a result within it. Leaves in `remaining` of each window what is left for the client.
 */
export function takeOne(
  store: Store,
  windows: readonly Window[],
  identifier: string,
  nowMs: number,
): boolean {
  // Loops over an index: QuickJS takes half as long for them as for iterators.
  for (let at = 0; at < windows.length; at++) {
    const window = windows[at] as Window;
    moveTo(window, nowMs);
    const used = store.increment(window.keyPrefix + identifier, 1, lifetimeMs(window, nowMs));
    window.remaining = window.limit - used;
    if (used > window.limit) {
      giveBack(store, windows, identifier, nowMs, at + 1);
      return false;
    }
  }
  return true;
}

/** Takes one back from the first `counted` windows. */
function giveBack(
  store: Store,
  windows: readonly Window[],
  identifier: string,
  nowMs: number,
  counted: number,
): void {
  for (const [index, window] of windows.entries()) {
    moveTo(window, nowMs);
    const key = window.keyPrefix + identifier;
    const used =
      index < counted
        ? store.increment(key, -1, lifetimeMs(window, nowMs))
        : Number(store.get(key) ?? 0);
    window.remaining = Math.max(0, window.limit - used);
  }
}
