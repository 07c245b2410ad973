// How long a worker that crashed waits before it is started again: a crash at every start must not become a loop.

const FIRST_MS = 100;
const MOST_MS = 30_000;
/** A worker that has served so long starts with the first wait again, ms. */
export const FORGIVEN_AFTER_MS = 60_000;

/** `crashes` in a row, from 1. */
export function backOffMs(crashes: number): number {
  return Math.min(MOST_MS, FIRST_MS * 2 ** (crashes - 1));
}
