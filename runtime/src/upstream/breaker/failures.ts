// What counts as a failure for a circuit breaker: Resilience4j's recordExceptions and ignoreExceptions, with the codes of
// the gateway's own errors in the place of exceptions.
import type { CircuitBreakerConfig } from "../../config/upstream-model.ts";
import type { GatewayError } from "../../errors.ts";
import { errorObservation } from "../health/observations.ts";

/** Undefined counts for nothing: it is ignored, or not the target's doing. */
export type CallOutcome = "failure" | "success" | undefined;

/** With record_exceptions, what is neither in it nor in ignore_exceptions is a success. */
export function errorOutcome(error: GatewayError, config: CircuitBreakerConfig): CallOutcome {
  const { ignoreExceptions, recordExceptions } = config;
  if (errorObservation(error) === undefined || ignoreExceptions.has(error.code)) return undefined;
  return recordExceptions?.has(error.code) === false ? "success" : "failure";
}
