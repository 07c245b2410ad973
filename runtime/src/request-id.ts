// Ids of requests: 128 random bits in 32 hex digits, as Kong's X-Kong-Request-Id.
import { randomHex } from "./random.ts";

const ID_BYTES = 16;

export function newRequestId(): string {
  return randomHex(ID_BYTES);
}
