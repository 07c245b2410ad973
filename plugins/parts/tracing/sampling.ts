// Whether a request's trace is recorded.
import { s } from "@sluice/plugin-sdk";
import type { Infer } from "@sluice/plugin-sdk";

/** Kong's field of opentelemetry. */
export const samplingStrategyField = s
  .enum(["parent_drop_probability_fallback", "parent_probability_fallback"])
  .default("parent_drop_probability_fallback")
  .describe("Whether a caller that says yes is believed, or only one that says no.");

export type SamplingStrategy = Infer<typeof samplingStrategyField>;

export interface Sampling {
  readonly strategy: SamplingStrategy;
  /** From 0 to 1. */
  readonly ratio: number;
}

/**
 * `parent` is what the caller decided. With the default strategy it may say no, and its yes is one among many: a stranger
 * who flags every request does not fill the collector (L3).
 */
export function isSampled(
  parent: boolean | undefined,
  { strategy, ratio }: Sampling,
  random: () => number = Math.random,
): boolean {
  if (parent === false) return false;
  if (parent === true && strategy === "parent_probability_fallback") return true;
  return random() < ratio;
}
