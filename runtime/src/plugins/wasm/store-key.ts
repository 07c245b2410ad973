// Keys of the store may be what a client sent.
import { createHash } from "node:crypto";

const MAX_KEY_BYTES = 256;

/** Refusing a long one would let it slip past a limit; its digest counts as well. `length` is in bytes. */
export function shortened(key: string, length: number): string {
  return length > MAX_KEY_BYTES ? createHash("sha256").update(key).digest("base64") : key;
}
