// Counts a request and tells the client of it: what the ways to count have in common.
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import type { Config } from "./config.ts";

/** Lets a request go on, or answers it. */
export type Limit = (
  ctx: RequestContext,
  identifier: string,
  cost: number,
) => EarlyResponse | undefined | Promise<EarlyResponse | undefined>;

export function refuse(ctx: RequestContext, { error_code, error_message }: Config): EarlyResponse {
  return ctx.error(error_code, error_message);
}
