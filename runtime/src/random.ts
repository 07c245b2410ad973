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
  const start = take(length);
  for (let at = 0; at < length; at++) {
    target[at] = stock[start + at] ?? 0;
    // What was given away may be a secret: it stands nowhere else.
    stock[start + at] = 0;
  }
}

/** As hex digits, two for each of `length` bytes, which are few. For what is no secret, such as an id. */
export function randomHex(length: number): string {
  const start = take(length);
  return stock.toString("hex", start, used);
}

/** Where so many fresh bytes stand; they are never given twice. */
function take(length: number): number {
  if (used + length > STOCK_BYTES) {
    randomFillSync(stock);
    used = 0;
  }
  const start = used;
  used += length;
  return start;
}
