// What a probe or a failed request says of its target.
import type { CheckRules } from "../../config/upstream-model.ts";
import type { ErrorCode, GatewayError } from "../../errors.ts";
import { isGatewayFault } from "./gateway-fault.ts";
import type { ProbeResult } from "./probe.ts";
import { statusObservation } from "./target-health.ts";
import type { Observation } from "./target-health.ts";

/** Undefined when it says nothing. */
export function probeObservation(result: ProbeResult, rules: CheckRules): Observation | undefined {
  switch (result.kind) {
    case "connected":
    case "serving":
      return "success";
    case "status":
      return statusObservation(result.status, rules);
    case "no_http":
    case "not_serving":
      return "http_failure";
    case "tcp_failure":
      return "tcp_failure";
    case "timeout":
      return "timeout";
    case "not_probed":
      return undefined;
  }
}

/** For the log. */
export function probeDetail(result: ProbeResult): string {
  switch (result.kind) {
    case "connected":
      return "connected";
    case "status":
      return `status ${result.status}`;
    case "serving":
      return "SERVING";
    case "no_http":
      return "the answer is not HTTP";
    case "timeout":
      return "no answer in time";
    case "tcp_failure":
    case "not_serving":
    case "not_probed":
      return result.detail;
  }
}

const TCP_FAILURES: ReadonlySet<ErrorCode> = new Set([
  "upstream_connect_failed",
  "upstream_reset",
  "upstream_invalid_response",
] as const);
const TIMEOUTS: ReadonlySet<ErrorCode> = new Set([
  "upstream_connect_timeout",
  "upstream_timeout",
  "upstream_head_timeout",
  "upstream_try_timeout",
  "upstream_write_timeout",
] as const);

/**
 * What an error says of the target; undefined for what is not its doing: a connection that was idle for too long, a limit
 * of the gateway's own, a client that left.
 */
export function errorObservation({ code, cause }: GatewayError): Observation | undefined {
  if (TIMEOUTS.has(code)) return "timeout";
  return TCP_FAILURES.has(code) && !isGatewayFault(cause) ? "tcp_failure" : undefined;
}
