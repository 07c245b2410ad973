// How much of its weight a target counts for while it is new: Envoy's slow start, by its formula.
import type { SlowStartConfig } from "../config/upstream-model.ts";

/** 0 to 1, `ageMs` after it came or came back. */
export function slowStartShare(ageMs: number, config: SlowStartConfig): number {
  if (ageMs >= config.windowMs) return 1;
  const passed = Math.max(0, ageMs) / config.windowMs;
  return Math.max(config.minWeightPercent / 100, passed ** (1 / config.aggression));
}
