// How far ahead a token may expire, and how long what was found out about it counts.
import type { JwtObject } from "@sluice/plugin-sdk";

/** Kong's maximum_expiration, in seconds, 0 for any: a token that never expires is too far ahead as well. */
export function isTooFarAhead({ exp }: JwtObject, maxS: number): boolean {
  if (maxS === 0) return false;
  return typeof exp !== "number" || exp - Date.now() / 1000 > maxS;
}

/** Until when a result may be taken for true, ms since 1970; at most so long from now. */
export function validUntilMs({ exp }: JwtObject, clockSkewS: number, maxMs: number): number {
  const latest = Date.now() + maxMs;
  return typeof exp === "number" ? Math.min((exp + clockSkewS) * 1000, latest) : latest;
}
