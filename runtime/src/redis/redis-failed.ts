// Why a command has no reply that counts.

/**
 * `unavailable`: no connection, or no answer in time; `refused`: Redis answered with an error; `limit`: too much is
 * under way, or the reply is too large; `denied`: a command that others on the connection would feel.
 */
export type RedisFailure = "unavailable" | "refused" | "limit" | "denied";

/** The message has no credential and no argument of the command, unless Redis itself says one. */
export class RedisFailed extends Error {
  readonly reason: RedisFailure;

  constructor(reason: RedisFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RedisFailed";
    this.reason = reason;
  }
}
