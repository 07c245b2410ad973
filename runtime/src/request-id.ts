// Ids of requests. The gateway's own: 128 random bits in 32 hex digits, as Kong's X-Kong-Request-Id; and those that
// plugins have written into headers.
import { randomUUID } from "node:crypto";
import type { Exchange } from "./exchange.ts";
import { randomHex } from "./random.ts";

const ID_BYTES = 16;

export function newRequestId(): string {
  return randomHex(ID_BYTES);
}

/** The same for all who ask of one request. */
export function uuidOf(exchange: Exchange): string {
  return (exchange.uuid ??= randomUUID());
}

let lastSerial = 0;

/** No other request of this worker has it; the same for all who ask of one request. */
export function serialOf(exchange: Exchange): number {
  if (exchange.serial === 0) exchange.serial = ++lastSerial;
  return exchange.serial;
}
