// The part of a manifest that defines the plugin's metrics.
import type { MetricDefinition } from "@sluice/plugin-sdk/abi";
import * as z from "zod";

const MAX_METRICS = 100;
const MAX_LABELS = 8;
const MAX_BUCKETS = 50;

const name = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, "expected lower case with underscores");

const metric = z
  .object({
    kind: z.enum(["counter", "gauge", "histogram"]),
    name,
    help: z.string().max(500),
    labels: z.array(name).max(MAX_LABELS).refine(isDistinct, "a label occurs twice"),
    buckets: z
      .array(z.number())
      .min(1)
      .max(MAX_BUCKETS)
      .refine(isAscending, "not ascending")
      .optional(),
  })
  .refine(
    ({ kind, labels }) => kind !== "histogram" || !labels.includes("le"),
    "le is a histogram's own",
  )
  .transform(({ buckets, ...others }): MetricDefinition =>
    buckets === undefined ? others : { ...others, buckets },
  );

export const metricsSchema: z.ZodType<MetricDefinition[]> = z
  .array(metric)
  .max(MAX_METRICS)
  .refine((metrics) => isDistinct(metrics.map((each) => each.name)), "a name occurs twice");

function isDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

function isAscending(bounds: readonly number[]): boolean {
  return bounds.every((bound, at) => bound > (bounds[at - 1] ?? -Infinity));
}
