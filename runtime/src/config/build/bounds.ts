// Bounds of an upstream, and of a route.
import type { BoundsConfig, BulkheadConfig, GradientControllerConfig } from "../bounds-model.ts";
import type {
  AdaptiveConcurrencyFields,
  BulkheadFields,
  CircuitBreakersFields,
} from "../schema/bounds.ts";
import { buildRetryBudget } from "./tries.ts";

export function buildBounds(fields: CircuitBreakersFields): BoundsConfig {
  return {
    maxConnections: fields.max_connections,
    maxRequests: fields.max_requests,
    maxPendingRequests: fields.max_pending_requests,
    pendingTimeoutMs: fields.pending_timeout,
    maxRetries: fields.max_retries,
    retryBudget: fields.retry_budget && buildRetryBudget(fields.retry_budget),
  };
}

export function buildAdaptiveConcurrency({
  gradient_controller_config: fields,
}: AdaptiveConcurrencyFields): GradientControllerConfig {
  const { concurrency_limit_params: limit, min_rtt_calc_params: minRtt } = fields;
  return {
    sampleAggregatePercentile: fields.sample_aggregate_percentile,
    maxConcurrencyLimit: limit.max_concurrency_limit,
    concurrencyUpdateIntervalMs: limit.concurrency_update_interval,
    minRttIntervalMs: minRtt.interval,
    fixedMinRttMs: minRtt.fixed_value,
    minRttRequestCount: minRtt.request_count,
    jitterPercent: minRtt.jitter,
    minConcurrency: minRtt.min_concurrency,
    bufferPercent: minRtt.buffer,
  };
}

export function buildBulkhead(fields: BulkheadFields): BulkheadConfig {
  return {
    maxConcurrentCalls: fields.max_concurrent_calls,
    maxWaitDurationMs: fields.max_wait_duration,
    queueCapacity: fields.queue_capacity,
  };
}
