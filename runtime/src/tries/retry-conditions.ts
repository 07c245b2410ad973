// What Envoy's retry_on names match: a failure before the head of a response, or that head.
import type { RetryOn, RetryPolicyConfig } from "../config/tries-model.ts";
import type { ErrorCode, GatewayError } from "../errors.ts";
import type { Fields } from "../http1/fields.ts";

type Conditions = Pick<RetryPolicyConfig, "retryOn" | "retriableStatusCodes" | "retriableHeaders">;

const CONNECT_FAILURES: ReadonlySet<ErrorCode> = new Set([
  "upstream_connect_failed",
  "upstream_connect_timeout",
] as const);

/** The upstream did not answer, or with what is no response. */
const RESETS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...CONNECT_FAILURES,
  "upstream_reset",
  "upstream_stale",
  "upstream_invalid_response",
  "upstream_head_timeout",
  "upstream_timeout",
  "upstream_try_timeout",
  "upstream_write_timeout",
  "app_failed",
]);

function isConnectFailure({ code }: GatewayError): boolean {
  return CONNECT_FAILURES.has(code);
}

/** Why a failed try is to be repeated, or undefined. A failure counts as the 5xx that it would become. */
export function faultReason({ retryOn }: Conditions, error: GatewayError): RetryOn | undefined {
  if (!RESETS.has(error.code)) return undefined;
  const isUnsent = isConnectFailure(error);
  const names: readonly RetryOn[] = isUnsent ? UNSENT : SENT;
  return names.find((name) => retryOn.has(name));
}

const SENT = ["reset", "gateway-error", "5xx"] as const;
const UNSENT = ["connect-failure", "reset-before-request", ...SENT] as const;

/** Why a response is not taken while there may be a better one, or undefined. */
export function headReason(
  { retryOn, retriableStatusCodes, retriableHeaders }: Conditions,
  status: number,
  fields: Fields,
): RetryOn | undefined {
  if (status >= 500 && retryOn.has("5xx")) return "5xx";
  if (status >= 502 && status <= 504 && retryOn.has("gateway-error")) return "gateway-error";
  if (status === 409 && retryOn.has("retriable-4xx")) return "retriable-4xx";
  if (retryOn.has("retriable-status-codes") && retriableStatusCodes.has(status)) {
    return "retriable-status-codes";
  }
  if (!retryOn.has("retriable-headers")) return undefined;
  return retriableHeaders.some((name) => fields.get(name) !== undefined)
    ? "retriable-headers"
    : undefined;
}
