// The circuit breaker of an upstream's targets: Resilience4j's fields and defaults, durations in ms.
import { z } from "zod";
import { integerBetween } from "./fields.ts";

const error = "expected a number above 0, at most 100";
const percent = z.number().refine((value) => value > 0 && value <= 100, { error });
const MAX_MS = 2_147_483_646;

const schema = z.strictObject({
  failure_rate_threshold: percent.default(50),
  slow_call_rate_threshold: percent.default(100),
  slow_call_duration_threshold: integerBetween(1, MAX_MS).default(60_000),
  wait_duration_in_open_state: integerBetween(1, MAX_MS).default(60_000),
  permitted_number_of_calls_in_half_open_state: integerBetween(1, 65_536).default(10),
  max_wait_duration_in_half_open_state: integerBetween(0, MAX_MS).default(0),
  sliding_window_type: z
    .enum(["COUNT_BASED", "TIME_BASED"], { error: "expected COUNT_BASED or TIME_BASED" })
    .default("COUNT_BASED"),
  sliding_window_size: integerBetween(1, 65_536).default(100),
  minimum_number_of_calls: integerBetween(1, 65_536).default(100),
  automatic_transition_from_open_to_half_open_enabled: z.boolean().default(false),
  failure_statuses: z.array(integerBetween(100, 999)).default([500, 502, 503, 504]),
});

export interface CircuitBreakerFields {
  readonly failure_rate_threshold: number;
  readonly slow_call_rate_threshold: number;
  readonly slow_call_duration_threshold: number;
  readonly wait_duration_in_open_state: number;
  readonly permitted_number_of_calls_in_half_open_state: number;
  readonly max_wait_duration_in_half_open_state: number;
  readonly sliding_window_type: "COUNT_BASED" | "TIME_BASED";
  readonly sliding_window_size: number;
  readonly minimum_number_of_calls: number;
  readonly automatic_transition_from_open_to_half_open_enabled: boolean;
  readonly failure_statuses: readonly number[];
}

/** Left out, there is none. */
export const circuitBreakerSchema: z.ZodType<CircuitBreakerFields | undefined> = schema.optional();
