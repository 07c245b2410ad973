// Random bytes from the system's generator. One call for a few bytes costs as much as one for thousands, so that small
// amounts come from a stock.
import { randomFillSync } from "node:crypto";

const STOCK_BYTES = 4096;
/** More than this is asked for directly. */
const MAX_FROM_STOCK_BYTES = 64;
const stock = Buffer.alloc(STOCK_BYTES);
let used = STOCK_BYTES;

/** Fills the whole of `target` with cryptographically strong bytes. */
export function fillRandom(target: Uint8Array): void {
  const { length } = target;
  if (length > MAX_FROM_STOCK_BYTES) {
    randomFillSync(target);
    return;
  }
  if (used + length > STOCK_BYTES) {
    randomFillSync(stock);
    used = 0;
  }
  for (let at = 0; at < length; at++) {
    target[at] = stock[used + at] ?? 0;
    // What was given away is nobody else's to read, and is never given twice.
    stock[used + at] = 0;
  }
  used += length;
}
