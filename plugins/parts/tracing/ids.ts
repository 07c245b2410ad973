// Random ids, in lower-case hex.
/// <reference lib="esnext.typedarrays" />

/** Zeros alone are none. */
export const NO_SPAN: string = "0".repeat(16);
export const NO_TRACE: string = "0".repeat(32);

// So many at a time: a call of the host for each costs more than all the rest of them.
const random = new Uint8Array(64 * 16);
let digits = "";
let at = 0;

/** Of a trace with 32 digits, of a span with 16. */
export function newId(count: 16 | 32): string {
  if (at + count > digits.length) refill();
  at += count;
  return digits.slice(at - count, at);
}

function refill(): void {
  at = 0;
  do digits = crypto.getRandomValues(random).toHex();
  while (digits.includes(NO_SPAN));
}
