// Slow start of an upstream's targets: Envoy's fields, the window in s.
import { z } from "zod";
import { integerBetween } from "./fields.ts";

const MAX_SECONDS = 65_535;

const schema = z.strictObject({
  window: z.number().refine((seconds) => seconds > 0 && seconds <= MAX_SECONDS, {
    error: `expected a number of seconds above 0, at most ${MAX_SECONDS}`,
  }),
  aggression: z
    .number()
    .refine((value) => value > 0 && value <= 100, {
      error: "expected a number above 0, at most 100",
    })
    .default(1),
  min_weight_percent: integerBetween(1, 100).default(10),
});

export interface SlowStartFields {
  readonly window: number;
  readonly aggression: number;
  readonly min_weight_percent: number;
}

/** Left out, targets have their whole weight at once. */
export const slowStartSchema: z.ZodType<SlowStartFields | undefined> = schema.optional();
