// How entries leave: one batch at a time, each wholly or not at all as far as anyone can tell.
import type { Framing } from "./sink-options.ts";

/** One entry: text, or bytes of any kind. */
export type Item = string | Buffer;

export interface Delivery {
  /** Rejected when nobody took the batch. */
  deliver(items: readonly Item[], signal: AbortSignal): Promise<void>;
  /** Frees what it keeps between batches; it may be used again. */
  close(): void;
}

/** The batch as it goes over the wire: prefix, items with the separator between them, suffix. */
export function joined(items: readonly Item[], { prefix, separator, suffix }: Framing): Buffer {
  if (items.every((item) => typeof item === "string")) {
    return Buffer.from(prefix + items.join(separator) + suffix);
  }
  const between = Buffer.from(separator);
  const parts: Buffer[] = [Buffer.from(prefix)];
  for (const [at, item] of items.entries()) {
    if (at > 0) parts.push(between);
    parts.push(bytesOf(item));
  }
  return Buffer.concat([...parts, Buffer.from(suffix)]);
}

export function bytesOf(item: Item): Buffer {
  return typeof item === "string" ? Buffer.from(item) : item;
}

export function lengthOf(item: Item): number {
  return typeof item === "string" ? Buffer.byteLength(item) : item.length;
}
