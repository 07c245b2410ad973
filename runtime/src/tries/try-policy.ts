// A route's policies about tries, ready for its requests.
import { RETRY_DEFAULTS } from "../config/tries-model.ts";
import type { HedgePolicyConfig, RetryPolicyConfig } from "../config/tries-model.ts";
import type { Exchange } from "../exchange.ts";
import { IDEMPOTENT } from "../http1/replay.ts";
import type { TryCounts } from "../status/try-counts.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface TryPolicy {
  readonly retry: RetryPolicyConfig;
  readonly numRetries: number;
  /** Undefined when nothing is tried twice at once. */
  readonly hedge: HedgePolicyConfig | undefined;
  /** Shared by all that goes to the upstream. */
  readonly budget: RetryBudget;
  readonly counts: TryCounts;
}

/** Of a route that hedges and says nothing of retries: as often as its service says, and only what was never sent. */
export const CONNECT_ONLY: RetryPolicyConfig = {
  retryOn: new Set(["connect-failure"] as const),
  numRetries: undefined,
  perTryTimeoutMs: undefined,
  perTryIdleTimeoutMs: undefined,
  retriableStatusCodes: new Set(),
  retriableHeaders: [],
  retriableRequestHeaders: [],
  baseIntervalMs: RETRY_DEFAULTS.baseIntervalMs,
  maxIntervalMs: RETRY_DEFAULTS.baseIntervalMs * RETRY_DEFAULTS.maxIntervalFactor,
  rateLimited: undefined,
  retriesNonIdempotentMethods: false,
  maxRequestBodyBytes: RETRY_DEFAULTS.maxRequestBodyBytes,
};

/** What an upstream may have acted on may be sent once more (RFC 9110 §9.2.2), or somebody said so. */
export function mayRepeat(policy: RetryPolicyConfig, { method }: Exchange): boolean {
  return policy.retriesNonIdempotentMethods || IDEMPOTENT.has(method);
}

/** Several upstreams may act on it at once. A switch of protocols is for one. */
export function mayHedge({ method, upgrade }: Exchange): boolean {
  return IDEMPOTENT.has(method) && upgrade === undefined;
}

/** As far as the request's own headers say. */
export function isRetriable(policy: RetryPolicyConfig, { requestFields }: Exchange): boolean {
  const names = policy.retriableRequestHeaders;
  return names.length === 0 || names.some((name) => requestFields.get(name) !== undefined);
}
