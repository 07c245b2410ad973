// What a command of a Redis is rejected with.

export type RedisErrorReason =
  /** There is no connection, or there was no answer in time. A command that was sent may have been carried out. */
  | "unavailable"
  /** Redis answered with an error, such as WRONGTYPE. */
  | "refused"
  /** The command, or its reply, is too large, or too many are under way. */
  | "limit"
  /** The command would be felt by others on the connection, such as SELECT, or the server was not granted. */
  | "denied";

export class RedisError extends Error {
  override readonly name = "RedisError";
  readonly reason: RedisErrorReason;

  constructor(reason: RedisErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
