// Whether a request's trace is recorded.
import { s } from "@sluice/plugin-sdk";

/** Kong's field of opentelemetry. */
export const samplingStrategyField = s
  .enum(["parent_drop_probability_fallback", "parent_probability_fallback"])
  .default("parent_drop_probability_fallback")
  .describe("Whether a caller that says yes is believed, or only one that says no.");

export type SamplingStrategy = "parent_drop_probability_fallback" | "parent_probability_fallback";

/**
 * `parent`: what the caller decided. With the default strategy it may say no, and its yes is one among many: a stranger who
 * flags every request does not fill the collector (L3). `chance` is from 0 to 1.
 */
export function isSampled(
  parent: boolean | undefined,
  strategy: SamplingStrategy,
  ratio: number,
  chance: number,
): boolean {
  if (parent === false) return false;
  if (parent === true && strategy === "parent_probability_fallback") return true;
  return chance < ratio;
}
