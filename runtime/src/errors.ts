// Every error that the gateway makes itself: one table of codes, statuses and what clients are told.

/** Who caused an error; metrics and logs tell them apart. */
export type ErrorSource = "downstream" | "upstream" | "gateway" | "plugin";

interface ErrorKind {
  readonly status: number;
  readonly source: ErrorSource;
  /** Kong's text where Kong has one; it never holds an address or a cause. */
  readonly message: string;
  /** Another target may be tried: nothing of the request reached this one. */
  readonly isRetryable?: boolean;
  /** When a client may try again, s (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds?: number;
}

export type ErrorCode =
  | "bad_request"
  | "method_not_allowed"
  | "request_timeout"
  | "request_body_too_large"
  | "target_too_long"
  | "expectation_failed"
  | "head_too_large"
  | "client_closed"
  | "no_route"
  | "internal"
  | "plugin_failed"
  | "refused_by_plugin"
  | "method_unknown"
  | "no_target"
  | "name_resolution_failed"
  | "circuit_open"
  | "upstream_overloaded"
  | "bulkhead_full"
  | "no_service"
  | "overloaded"
  | "version_unsupported"
  | "upstream_connect_failed"
  | "upstream_invalid_response"
  | "response_body_too_large"
  | "upstream_reset"
  | "upstream_stale"
  | "upstream_connect_timeout"
  | "upstream_timeout"
  | "upstream_head_timeout"
  | "upstream_try_timeout"
  | "upstream_write_timeout"
  | "route_timeout"
  | "app_failed";

const ERROR_KINDS: Readonly<Record<ErrorCode, ErrorKind>> = {
  bad_request: { status: 400, source: "downstream", message: "Bad request" },
  method_not_allowed: { status: 405, source: "downstream", message: "Method not allowed" },
  request_timeout: { status: 408, source: "downstream", message: "Request timeout" },
  request_body_too_large: { status: 413, source: "downstream", message: "Payload too large" },
  target_too_long: { status: 414, source: "downstream", message: "URI too long" },
  expectation_failed: { status: 417, source: "downstream", message: "Expectation failed" },
  head_too_large: { status: 431, source: "downstream", message: "Request header too large" },
  client_closed: { status: 499, source: "downstream", message: "Client closed request" },
  no_route: {
    status: 404,
    source: "gateway",
    message: "no Route matched with those values",
  },
  internal: { status: 500, source: "gateway", message: "An unexpected error occurred" },
  plugin_failed: { status: 500, source: "plugin", message: "An unexpected error occurred" },
  // Status and text are the plugin's, see RefusedByPlugin.
  refused_by_plugin: { status: 400, source: "plugin", message: "Bad request" },
  method_unknown: { status: 501, source: "downstream", message: "Method not implemented" },
  no_target: {
    status: 503,
    source: "gateway",
    message: "failure to get a peer from the ring-balancer",
  },
  // With Retry-After, when it is known when the breaker tries again: see CircuitOpen.
  circuit_open: {
    status: 503,
    source: "gateway",
    message: "The upstream server is not available",
  },
  upstream_overloaded: {
    status: 503,
    source: "gateway",
    message: "The upstream server is at its limit",
    retryAfterSeconds: 1,
  },
  bulkhead_full: {
    status: 503,
    source: "gateway",
    message: "The route is at its limit",
    retryAfterSeconds: 1,
  },
  name_resolution_failed: { status: 503, source: "gateway", message: "name resolution failed" },
  no_service: { status: 503, source: "gateway", message: "no Service found with those values" },
  overloaded: {
    status: 503,
    source: "gateway",
    message: "The gateway is at its limit",
    retryAfterSeconds: 1,
  },
  version_unsupported: {
    status: 505,
    source: "downstream",
    message: "HTTP version not supported",
  },
  upstream_connect_failed: {
    status: 502,
    source: "upstream",
    message: "An invalid response was received from the upstream server",
    isRetryable: true,
  },
  upstream_invalid_response: {
    status: 502,
    source: "upstream",
    message: "An invalid response was received from the upstream server",
  },
  response_body_too_large: {
    status: 502,
    source: "upstream",
    message: "An invalid response was received from the upstream server",
  },
  upstream_reset: {
    status: 502,
    source: "upstream",
    message: "An invalid response was received from the upstream server",
  },
  upstream_stale: {
    // A kept connection died before a byte of the answer: the upstream closed it while the request was on its way.
    status: 502,
    source: "upstream",
    message: "An invalid response was received from the upstream server",
    isRetryable: true,
  },
  upstream_connect_timeout: {
    status: 504,
    source: "upstream",
    message: "The upstream server is timing out",
    isRetryable: true,
  },
  upstream_timeout: {
    status: 504,
    source: "upstream",
    message: "The upstream server is timing out",
  },
  upstream_head_timeout: {
    status: 504,
    source: "upstream",
    message: "The upstream server is timing out",
  },
  upstream_try_timeout: {
    status: 504,
    source: "upstream",
    message: "The upstream server is timing out",
  },
  upstream_write_timeout: {
    status: 504,
    source: "upstream",
    message: "The upstream server is timing out",
  },
  route_timeout: {
    status: 504,
    source: "upstream",
    message: "The upstream server is timing out",
  },
  app_failed: { status: 502, source: "upstream", message: "An unexpected error occurred" },
};

/** An error that ends a request. `detail` and `cause` go to the log, never to the client. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly source: ErrorSource;
  readonly isRetryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  /** What the client is told. */
  readonly publicMessage: string;

  constructor(code: ErrorCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    const kind: ErrorKind = ERROR_KINDS[code];
    this.name = "GatewayError";
    this.code = code;
    this.status = kind.status;
    this.source = kind.source;
    this.isRetryable = kind.isRetryable ?? false;
    this.retryAfterSeconds = kind.retryAfterSeconds;
    this.publicMessage = kind.message;
  }
}

/** A plugin's answer to a request whose body was already on its way to an upstream. */
export class RefusedByPlugin extends GatewayError {
  override readonly status: number;
  /** JSON for the client. */
  readonly answer: Buffer;

  constructor(plugin: string, status: number, answer: Buffer) {
    super("refused_by_plugin", `${plugin} answers with ${status}`);
    this.status = status;
    this.answer = answer;
  }
}

/** Anything thrown, as the error that ends the request. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError("internal", detailOf(thrown), thrown);
}

/** What anything thrown says of itself, for a log or an operator. */
export function detailOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
