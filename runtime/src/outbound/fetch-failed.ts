// Why a plugin's fetch came to nothing.

/** The same words as the SDK's FetchError. */
export type FetchFailure =
  /** The host or its address was not granted. */
  | "denied"
  /** What was asked for is no request: its URL, method, a header. */
  | "invalid"
  | "timeout"
  /** No name, no connection, no trust in its certificate, or it ended too early. */
  | "unreachable"
  /** What came is not HTTP. */
  | "malformed"
  /** A redirect that was not wanted, or one too many. */
  | "redirect"
  /** Too large, or too many at once. */
  | "limit"
  /** Who asked is gone. */
  | "ended";

/** The message is for the plugin's author: it has no credential and no body. */
export class FetchFailed extends Error {
  readonly reason: FetchFailure;

  constructor(reason: FetchFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "FetchFailed";
    this.reason = reason;
  }
}
