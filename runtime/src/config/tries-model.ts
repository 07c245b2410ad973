// How often and how a request is tried, after parsing. Names are those of Envoy's RetryPolicy and HedgePolicy; times in ms.

export type RetryOn = (typeof RETRY_ON)[number];
export const RETRY_ON = [
  "connect-failure",
  "refused-stream",
  "reset",
  "reset-before-request",
  "gateway-error",
  "5xx",
  "retriable-4xx",
  "retriable-status-codes",
  "retriable-headers",
] as const;

/** Envoy's, but for the last, which Envoy takes from its buffers. */
export const RETRY_DEFAULTS = {
  baseIntervalMs: 25,
  /** The longest interval by the base one. */
  maxIntervalFactor: 10,
  maxRequestBodyBytes: 65_536,
} as const;

export interface RetryPolicyConfig {
  readonly retryOn: ReadonlySet<RetryOn>;
  /** Undefined for the service's `retries`. */
  readonly numRetries: number | undefined;
  /** From a try's start to the head of its response. */
  readonly perTryTimeoutMs: number | undefined;
  /** In place of the service's read_timeout. */
  readonly perTryIdleTimeoutMs: number | undefined;
  readonly retriableStatusCodes: ReadonlySet<number>;
  /** Names of response headers, lower case. */
  readonly retriableHeaders: readonly string[];
  /** Names of request headers, lower case: only a request with one of them is retried. Empty: any is. */
  readonly retriableRequestHeaders: readonly string[];
  readonly baseIntervalMs: number;
  readonly maxIntervalMs: number;
  /** Undefined when no response says when to come back. */
  readonly rateLimited: RateLimitedBackOff | undefined;
  readonly retriesNonIdempotentMethods: boolean;
  /** Of a request that is kept to be sent again. */
  readonly maxRequestBodyBytes: number;
}

export interface RateLimitedBackOff {
  readonly resetHeaders: readonly ResetHeader[];
  /** A longer wait is not taken from a header. */
  readonly maxIntervalMs: number;
}

export interface ResetHeader {
  /** Lower case. */
  readonly name: string;
  readonly format: "SECONDS" | "UNIX_TIMESTAMP";
}

export interface HedgePolicyConfig {
  readonly initialRequests: number;
  /** From 0 to 1: that there is one more from the start. */
  readonly additionalRequestChance: number;
  readonly hedgesOnPerTryTimeout: boolean;
  /** Between one try without an answer and the next one beside it; undefined for none. */
  readonly hedgingDelayMs: number | undefined;
  /** All tries of one request at once. */
  readonly maxAttempts: number;
}

export interface RetryBudgetConfig {
  /** Of the requests. */
  readonly budgetPercent: number;
  /** Let through whatever the requests are. */
  readonly minRetryConcurrency: number;
}

export interface DeadlineConfig {
  /** Lower case; ms that are left, for the upstream. */
  readonly header: string;
  /** A trusted peer's header of that name shortens the time. */
  readonly respectsClient: boolean;
}
