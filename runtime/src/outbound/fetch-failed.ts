// Why a plugin's fetch came to nothing.
import type { FetchErrorReason } from "@sluice/plugin-sdk";

/** The message is for the plugin's author: it has no credential and no body. */
export class FetchFailed extends Error {
  readonly reason: FetchErrorReason;

  constructor(reason: FetchErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "FetchFailed";
    this.reason = reason;
  }
}
