// The circuit breaker of an upstream.
import { INITIAL_STATES } from "../schema/circuit-breaker.ts";
import type { CircuitBreakerFields } from "../schema/circuit-breaker.ts";
import type { CircuitBreakerConfig } from "../upstream-model.ts";

export function buildCircuitBreaker(fields: CircuitBreakerFields): CircuitBreakerConfig {
  const size = fields.sliding_window_size;
  const minimum = fields.minimum_number_of_calls;
  return {
    failureRateThreshold: fields.failure_rate_threshold,
    slowCallRateThreshold: fields.slow_call_rate_threshold,
    slowCallDurationThresholdMs: fields.slow_call_duration_threshold,
    waitDurationInOpenStateMs: fields.wait_duration_in_open_state,
    permittedNumberOfCallsInHalfOpenState: fields.permitted_number_of_calls_in_half_open_state,
    maxWaitDurationInHalfOpenStateMs: fields.max_wait_duration_in_half_open_state,
    slidingWindowType: fields.sliding_window_type,
    slidingWindowSize: size,
    // As Resilience4j does: a window of calls never holds more than its size.
    minimumNumberOfCalls:
      fields.sliding_window_type === "COUNT_BASED" ? Math.min(minimum, size) : minimum,
    automaticTransitionFromOpenToHalfOpenEnabled:
      fields.automatic_transition_from_open_to_half_open_enabled,
    failureStatuses: new Set(fields.failure_statuses),
    recordExceptions: fields.record_exceptions && new Set(fields.record_exceptions),
    ignoreExceptions: new Set(fields.ignore_exceptions),
    initialState: INITIAL_STATES[fields.initial_state],
    per: fields.per,
  };
}
