// How long to wait before missing modules are asked for again: the server that has them may be down for long.

const FIRST_MS = 1000;
const MOST_MS = 60_000;

/** After so many failures in a row, from 1; up to a quarter less, so that a fleet does not ask all at once. */
export function retryDelayMs(times: number, random: () => number = Math.random): number {
  const delayMs = Math.min(MOST_MS, FIRST_MS * 2 ** (times - 1));
  return delayMs * (1 - random() / 4);
}
