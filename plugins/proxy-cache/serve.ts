// An answer from the cache.
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { confirmedLines, isNotModified } from "./conditions.ts";
import { ageOf } from "./lookup.ts";
import type { Found, Question } from "./lookup.ts";
import type { Settings } from "./settings.ts";
import { setServed, setState } from "./state.ts";
import type { Body, Entry } from "./storage.ts";

/** Kong's words. */
export type Status = "Hit" | "Miss" | "Refresh" | "Bypass";

export interface Serving {
  readonly entry: Entry;
  readonly body: Body;
  readonly status: Status;
  /** It is old, and to be fetched anew. */
  readonly stale: Found | undefined;
}

/**
 * Its headers come in fill-in.ts, where they take no other plugin's place. What may fail comes before the answer: the
 * request still goes on then.
 */
export function serve(
  { ctx, settings, roles, primary }: Question,
  { entry, body, status, stale }: Serving,
): EarlyResponse {
  const { response_headers: told } = settings;
  // All in one step.
  let block = "";
  let count = 0;
  if (told["X-Cache-Key"]) {
    block += `X-Cache-Key\0${primary}\0`;
    count++;
  }
  if (told["X-Cache-Status"]) {
    block += `X-Cache-Status\0${status}\0`;
    count++;
  }
  if (told.age) {
    block += `Age\0${Math.floor(ageOf(entry, Date.now()) / 1000)}\0`;
    count++;
  }
  if (count > 0) ctx.response.setHeaderBlock(block, count);
  const isConfirmed = roles.isConditional && isNotModified(entry, ctx.request);
  const lines = isConfirmed ? confirmedLines(entry) : entry.lines;
  if (stale !== undefined) {
    setState(ctx.shared, { kind: "served", lines, stale: { primary, found: stale } });
  } else if (lines !== "") {
    setServed(ctx.shared, lines);
  }
  if (isConfirmed) return ctx.respond(304);
  return ctx.respond(entry.status, body, { "content-type": entry.type });
}

export function tellKey(ctx: RequestContext, settings: Settings, primary: string): void {
  if (settings.response_headers["X-Cache-Key"]) ctx.response.setHeader("X-Cache-Key", primary);
}

export function tell(ctx: RequestContext, settings: Settings, status: Status): undefined {
  if (settings.response_headers["X-Cache-Status"]) {
    ctx.response.setHeader("X-Cache-Status", status);
  }
  return undefined;
}
