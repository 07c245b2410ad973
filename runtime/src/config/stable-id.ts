// Ids for entities that the config gives none: the same config yields the same ids on every load, so that counters
// and metrics survive a reload.
import { createHash } from "node:crypto";

// Part of every id: changing it changes them all.
const NAMESPACE = "sluice:declarative-config";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A UUID that depends on the parts and nothing else, in the style of RFC 9562 §5.5. */
export function stableId(...parts: readonly string[]): string {
  const digest = createHash("sha1")
    .update(JSON.stringify([NAMESPACE, ...parts]))
    .digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString("hex");
  const groups = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ] as const;
  return groups.map(([from, to]) => hex.slice(from, to)).join("-");
}
