// What bounds the requests of an upstream or a route: Envoy's circuit_breakers and adaptive concurrency, and Resilience4j's
// bulkhead, with their names and defaults; durations in ms.
import { z } from "zod";
import { integerBetween } from "./fields.ts";
import { retryBudgetSchema } from "./tries.ts";
import type { RetryBudgetFields } from "./tries.ts";

const MAX_COUNT = 1_000_000;
const MAX_MS = 2_147_483_646;

const error = "expected a number from 0 to 100";
const percent = z.number().refine((value) => value >= 0 && value <= 100, { error });

export interface CircuitBreakersFields {
  readonly max_connections?: number | undefined;
  readonly max_pending_requests: number;
  readonly max_requests?: number | undefined;
  readonly max_retries?: number | undefined;
  readonly pending_timeout?: number | undefined;
  readonly retry_budget?: RetryBudgetFields | undefined;
}

/** Left out, nothing is bounded. */
export const circuitBreakersSchema: z.ZodType<CircuitBreakersFields | undefined> = z
  .strictObject({
    max_connections: integerBetween(1, MAX_COUNT).optional(),
    max_pending_requests: integerBetween(0, MAX_COUNT).default(1024),
    max_requests: integerBetween(1, MAX_COUNT).optional(),
    max_retries: integerBetween(0, MAX_COUNT).optional(),
    pending_timeout: integerBetween(1, MAX_MS).optional(),
    retry_budget: retryBudgetSchema,
  })
  .optional();

export interface AdaptiveConcurrencyFields {
  readonly gradient_controller_config: {
    readonly sample_aggregate_percentile: number;
    readonly concurrency_limit_params: {
      readonly max_concurrency_limit: number;
      readonly concurrency_update_interval: number;
    };
    readonly min_rtt_calc_params: {
      readonly interval: number;
      readonly fixed_value?: number | undefined;
      readonly request_count: number;
      readonly jitter: number;
      readonly min_concurrency: number;
      readonly buffer: number;
    };
  };
}

export const adaptiveConcurrencySchema: z.ZodType<AdaptiveConcurrencyFields | undefined> = z
  .strictObject({
    gradient_controller_config: z
      .strictObject({
        sample_aggregate_percentile: percent.default(50),
        concurrency_limit_params: z
          .strictObject({
            max_concurrency_limit: integerBetween(1, MAX_COUNT).default(1000),
            concurrency_update_interval: integerBetween(1, MAX_MS).default(100),
          })
          .prefault({}),
        min_rtt_calc_params: z
          .strictObject({
            interval: integerBetween(1, MAX_MS).default(60_000),
            fixed_value: integerBetween(1, MAX_MS).optional(),
            request_count: integerBetween(1, 1000).default(50),
            jitter: percent.default(15),
            min_concurrency: integerBetween(1, MAX_COUNT).default(3),
            buffer: percent.default(25),
          })
          .prefault({}),
      })
      .prefault({}),
  })
  .optional();

export interface BulkheadFields {
  readonly max_concurrent_calls: number;
  readonly max_wait_duration: number;
  readonly queue_capacity: number;
}

export const bulkheadSchema: z.ZodType<BulkheadFields | undefined> = z
  .strictObject({
    max_concurrent_calls: integerBetween(1, MAX_COUNT).default(25),
    max_wait_duration: integerBetween(0, MAX_MS).default(0),
    queue_capacity: integerBetween(0, MAX_COUNT).default(100),
  })
  .optional();
