// What bounds the requests of an upstream or a route, after parsing. Times in ms; undefined is unbounded.

import type { RetryBudgetConfig } from "./tries-model.ts";

/** Envoy's circuit_breakers. */
export interface BoundsConfig {
  /** Open connections, idle ones included. */
  readonly maxConnections: number | undefined;
  /** Requests that the upstream works on. */
  readonly maxRequests: number | undefined;
  /** Requests that wait to be one of those. */
  readonly maxPendingRequests: number;
  /** How long they wait; undefined: for the service's connect_timeout. */
  readonly pendingTimeoutMs: number | undefined;
  /** Tries that are not the first of their request. */
  readonly maxRetries: number | undefined;
  /** Undefined for the default. */
  readonly retryBudget?: RetryBudgetConfig | undefined;
}

/** Envoy's gradient_controller_config; percentages from 0 to 100. */
export interface GradientControllerConfig {
  readonly sampleAggregatePercentile: number;
  readonly maxConcurrencyLimit: number;
  readonly concurrencyUpdateIntervalMs: number;
  readonly minRttIntervalMs: number;
  /** Undefined: it is measured. */
  readonly fixedMinRttMs: number | undefined;
  /** Requests that a measurement takes. */
  readonly minRttRequestCount: number;
  readonly jitterPercent: number;
  /** The least limit, which is that of measurements, too. */
  readonly minConcurrency: number;
  /** How much more than the best latency is still as good. */
  readonly bufferPercent: number;
}

/** Resilience4j's bulkhead. */
export interface BulkheadConfig {
  readonly maxConcurrentCalls: number;
  readonly maxWaitDurationMs: number;
  /** Requests that wait at most, when they may. */
  readonly queueCapacity: number;
}
