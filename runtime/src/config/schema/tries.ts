// How requests are tried: Envoy's RetryPolicy, HedgePolicy and retry_budget, with their names in snake case; times in ms.
import { z } from "zod";
import { RETRY_DEFAULTS, RETRY_ON } from "../tries-model.ts";
import type { ResetHeader, RetryOn } from "../tries-model.ts";
import { integerBetween, text, timeoutMs } from "./fields.ts";

const headerName = text("the name of a header", (name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name));
const retryOn = z.enum(RETRY_ON, { error: `expected one of ${RETRY_ON.join(", ")}` });
const HOP_OR_FRAMING =
  /^(?:connection|content-length|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/i;

export interface RetryPolicyFields {
  readonly retry_on: readonly RetryOn[];
  readonly num_retries?: number | undefined;
  readonly per_try_timeout?: number | undefined;
  readonly per_try_idle_timeout?: number | undefined;
  readonly retriable_status_codes: readonly number[];
  readonly retriable_headers: readonly string[];
  readonly retriable_request_headers: readonly string[];
  readonly retry_back_off: {
    readonly base_interval: number;
    readonly max_interval?: number | undefined;
  };
  readonly rate_limited_retry_back_off?:
    | { readonly reset_headers: readonly ResetHeader[]; readonly max_interval: number }
    | undefined;
  readonly retry_non_idempotent_methods: boolean;
  readonly max_request_body_bytes: number;
}

/** Left out, Kong's `retries` hold. */
const retryPolicySchema: z.ZodType<RetryPolicyFields | undefined> = z
  .strictObject({
    retry_on: z.array(retryOn).min(1, { error: "expected at least one condition" }),
    num_retries: integerBetween(0, 100).optional(),
    per_try_timeout: timeoutMs.optional(),
    per_try_idle_timeout: timeoutMs.optional(),
    retriable_status_codes: z.array(integerBetween(200, 599)).default([]),
    retriable_headers: z.array(headerName).default([]),
    retriable_request_headers: z.array(headerName).default([]),
    retry_back_off: z
      .strictObject({
        base_interval: integerBetween(1, 60_000).default(RETRY_DEFAULTS.baseIntervalMs),
        max_interval: integerBetween(1, 300_000).optional(),
      })
      .prefault({}),
    rate_limited_retry_back_off: z
      .strictObject({
        reset_headers: z
          .array(
            z.strictObject({
              name: headerName,
              format: z
                .enum(["SECONDS", "UNIX_TIMESTAMP"], {
                  error: "expected SECONDS or UNIX_TIMESTAMP",
                })
                .default("SECONDS"),
            }),
          )
          .min(1)
          .default([{ name: "Retry-After", format: "SECONDS" }]),
        max_interval: integerBetween(1, 300_000).default(300_000),
      })
      .optional(),
    retry_non_idempotent_methods: z.boolean().default(false),
    max_request_body_bytes: integerBetween(0, 8 * 1024 * 1024).default(
      RETRY_DEFAULTS.maxRequestBodyBytes,
    ),
  })
  .superRefine((policy, context) => {
    const { retry_on: names, retriable_status_codes: codes, retriable_headers: headers } = policy;
    const needs = (name: RetryOn, field: string, length: number): void => {
      if (names.includes(name) === length > 0) return;
      const message =
        length > 0 ? `expected "${name}" in retry_on, too` : `"${name}" in retry_on needs some`;
      context.addIssue({ code: "custom", message, path: [field] });
    };
    needs("retriable-status-codes", "retriable_status_codes", codes.length);
    needs("retriable-headers", "retriable_headers", headers.length);
    const { base_interval: base, max_interval: max = base } = policy.retry_back_off;
    if (max >= base) return;
    const message = "expected no less than base_interval";
    context.addIssue({ code: "custom", message, path: ["retry_back_off", "max_interval"] });
  })
  .optional();

const DENOMINATORS = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

export interface HedgePolicyFields {
  readonly initial_requests: number;
  readonly additional_request_chance: {
    readonly numerator: number;
    readonly denominator: keyof typeof DENOMINATORS;
  };
  readonly hedge_on_per_try_timeout: boolean;
  readonly hedging_delay?: number | undefined;
  readonly max_attempts: number;
}

const hedgePolicySchema: z.ZodType<HedgePolicyFields | undefined> = z
  .strictObject({
    initial_requests: integerBetween(1, 5).default(1),
    additional_request_chance: z
      .strictObject({
        numerator: integerBetween(0, 1_000_000).default(0),
        denominator: z
          .enum(["HUNDRED", "TEN_THOUSAND", "MILLION"], {
            error: "expected HUNDRED, TEN_THOUSAND or MILLION",
          })
          .default("HUNDRED"),
      })
      .prefault({}),
    hedge_on_per_try_timeout: z.boolean().default(false),
    hedging_delay: timeoutMs.optional(),
    max_attempts: integerBetween(2, 5).default(2),
  })
  .superRefine((policy, context) => {
    if (policy.initial_requests <= policy.max_attempts) return;
    const message = "expected no more than max_attempts";
    context.addIssue({ code: "custom", message, path: ["initial_requests"] });
  })
  .optional();

export function chanceOf({ additional_request_chance: chance }: HedgePolicyFields): number {
  return Math.min(1, chance.numerator / DENOMINATORS[chance.denominator]);
}

export interface RetryBudgetFields {
  readonly budget_percent: number;
  readonly min_retry_concurrency: number;
}

const percentError = "expected a number from 0 to 100";

/** Part of an upstream's circuit_breakers; without it the defaults hold all the same. */
export const retryBudgetSchema: z.ZodType<RetryBudgetFields | undefined> = z
  .strictObject({
    budget_percent: z
      .number()
      .refine((value) => value >= 0 && value <= 100, { error: percentError })
      .default(20),
    min_retry_concurrency: integerBetween(0, 1_000_000).default(3),
  })
  .optional();

export interface DeadlineFields {
  readonly header: string;
  readonly respect_expected_rq_timeout: boolean;
}

/** Left out, upstreams are told nothing. */
const deadlineSchema: z.ZodType<DeadlineFields | undefined> = z
  .strictObject({
    header: headerName
      .refine((name) => !HOP_OR_FRAMING.test(name), {
        error: "expected a header that does not belong to the connection or the framing",
      })
      .default("x-envoy-expected-rq-timeout-ms"),
    respect_expected_rq_timeout: z.boolean().default(false),
  })
  .optional();

/** What a route and a service may say; the route's word counts. */
export interface TriesFields {
  readonly retry_policy?: RetryPolicyFields | undefined;
  readonly hedge_policy?: HedgePolicyFields | undefined;
  readonly deadline?: DeadlineFields | undefined;
  readonly response_header_timeout?: number | undefined;
}

export const triesFields: {
  readonly retry_policy: typeof retryPolicySchema;
  readonly hedge_policy: typeof hedgePolicySchema;
  readonly deadline: typeof deadlineSchema;
  readonly response_header_timeout: z.ZodOptional<z.ZodInt>;
} = {
  retry_policy: retryPolicySchema,
  hedge_policy: hedgePolicySchema,
  deadline: deadlineSchema,
  response_header_timeout: timeoutMs.optional(),
};
