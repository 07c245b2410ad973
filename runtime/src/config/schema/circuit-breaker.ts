// The circuit breaker of an upstream: Resilience4j's fields and defaults, durations in ms.
import { z } from "zod";
import type { ErrorCode } from "../../errors.ts";
import { BREAKER_SCOPES } from "../upstream-model.ts";
import type { BreakerScope, SettableState } from "../upstream-model.ts";
import { integerBetween } from "./fields.ts";

const error = "expected a number above 0, at most 100";
const percent = z.number().refine((value) => value > 0 && value <= 100, { error });
const MAX_MS = 2_147_483_646;

/** Errors that say something of a target. */
const EXCEPTIONS = [
  "upstream_connect_failed",
  "upstream_connect_timeout",
  "upstream_invalid_response",
  "upstream_reset",
  "upstream_timeout",
  "upstream_head_timeout",
  "upstream_try_timeout",
  "upstream_write_timeout",
] as const satisfies readonly ErrorCode[];

const exceptions = z.array(
  z.enum(EXCEPTIONS, { error: `expected one of ${EXCEPTIONS.join(", ")}` }),
);

/** As Resilience4j writes states. */
export const INITIAL_STATES: Readonly<Record<InitialState, SettableState>> = {
  CLOSED: "closed",
  OPEN: "open",
  DISABLED: "disabled",
  METRICS_ONLY: "metrics_only",
  FORCED_OPEN: "forced_open",
};
type InitialState = "CLOSED" | "OPEN" | "DISABLED" | "METRICS_ONLY" | "FORCED_OPEN";
const STATES = ["CLOSED", "OPEN", "DISABLED", "METRICS_ONLY", "FORCED_OPEN"] as const;

const schema = z.strictObject({
  per: z
    .enum(BREAKER_SCOPES, { error: `expected one of ${BREAKER_SCOPES.join(", ")}` })
    .default("target"),
  initial_state: z
    .enum(STATES, { error: `expected one of ${STATES.join(", ")}` })
    .default("CLOSED"),
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
  record_exceptions: exceptions.optional(),
  ignore_exceptions: exceptions.default([]),
});

export interface CircuitBreakerFields {
  readonly per: BreakerScope;
  readonly initial_state: InitialState;
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
  readonly record_exceptions?: readonly ErrorCode[] | undefined;
  readonly ignore_exceptions: readonly ErrorCode[];
}

/** Left out, there is none. */
export const circuitBreakerSchema: z.ZodType<CircuitBreakerFields | undefined> = schema.optional();
