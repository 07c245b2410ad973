// How requests are tried: policies of routes and services.
import type { TriesConfig } from "../model.ts";
import { chanceOf } from "../schema/tries.ts";
import type {
  DeadlineFields,
  HedgePolicyFields,
  RetryBudgetFields,
  RetryPolicyFields,
  TriesFields,
} from "../schema/tries.ts";
import { RETRY_DEFAULTS } from "../tries-model.ts";
import type {
  DeadlineConfig,
  HedgePolicyConfig,
  RetryBudgetConfig,
  RetryPolicyConfig,
} from "../tries-model.ts";

/** Undefined when nothing is said of them. */
export function buildTries(fields: TriesFields): TriesConfig | undefined {
  const { retry_policy: retry, hedge_policy: hedge, deadline } = fields;
  const responseHeaderTimeoutMs = fields.response_header_timeout;
  const isSilent = [retry, hedge, deadline, responseHeaderTimeoutMs].every(
    (each) => each === undefined,
  );
  if (isSilent) return undefined;
  return {
    retryPolicy: retry && buildRetryPolicy(retry),
    hedgePolicy: hedge && buildHedgePolicy(hedge),
    deadline: deadline && buildDeadline(deadline),
    responseHeaderTimeoutMs,
  };
}

function buildRetryPolicy(fields: RetryPolicyFields): RetryPolicyConfig {
  const { base_interval: baseIntervalMs, max_interval: maxMs } = fields.retry_back_off;
  const limited = fields.rate_limited_retry_back_off;
  return {
    retryOn: new Set(fields.retry_on),
    numRetries: fields.num_retries,
    perTryTimeoutMs: fields.per_try_timeout,
    perTryIdleTimeoutMs: fields.per_try_idle_timeout,
    retriableStatusCodes: new Set(fields.retriable_status_codes),
    retriableHeaders: lower(fields.retriable_headers),
    retriableRequestHeaders: lower(fields.retriable_request_headers),
    baseIntervalMs,
    maxIntervalMs: maxMs ?? baseIntervalMs * RETRY_DEFAULTS.maxIntervalFactor,
    rateLimited: limited && {
      resetHeaders: limited.reset_headers.map(({ name, format }) => ({
        name: name.toLowerCase(),
        format,
      })),
      maxIntervalMs: limited.max_interval,
    },
    retriesNonIdempotentMethods: fields.retry_non_idempotent_methods,
    maxRequestBodyBytes: fields.max_request_body_bytes,
  };
}

function buildHedgePolicy(fields: HedgePolicyFields): HedgePolicyConfig {
  return {
    initialRequests: fields.initial_requests,
    additionalRequestChance: chanceOf(fields),
    hedgesOnPerTryTimeout: fields.hedge_on_per_try_timeout,
    hedgingDelayMs: fields.hedging_delay,
    maxAttempts: fields.max_attempts,
  };
}

export function buildRetryBudget(fields: RetryBudgetFields): RetryBudgetConfig {
  return {
    budgetPercent: fields.budget_percent,
    minRetryConcurrency: fields.min_retry_concurrency,
  };
}

function buildDeadline(fields: DeadlineFields): DeadlineConfig {
  return {
    header: fields.header.toLowerCase(),
    respectsClient: fields.respect_expected_rq_timeout,
  };
}

function lower(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase());
}
