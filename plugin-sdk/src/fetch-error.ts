// What `fetch` is rejected with.

export type FetchErrorReason =
  /** The host, or the address that it has, was not granted to the plugin. */
  | "denied"
  /** What was asked for is no request: its URL, its method or a header. */
  | "invalid"
  /** There was no whole answer within `timeoutMs`. */
  | "timeout"
  /** The name is unknown, the connection failed or ended, or the certificate is not trusted. */
  | "unreachable"
  /** What came is not HTTP. */
  | "malformed"
  /** A redirect that `redirect: "error"` refuses, one too many, or one to no URL. */
  | "redirect"
  /** The answer is larger than `maxBytes`, the body is too large, or too many calls are under way. */
  | "limit"
  /** The request that asked has ended. */
  | "ended";

/** Says why there is no answer; an answer of any status is none of these. */
export class FetchError extends Error {
  override readonly name = "FetchError";
  readonly reason: FetchErrorReason;

  constructor(reason: FetchErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
