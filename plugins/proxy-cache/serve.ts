// An answer from the cache.
import type { EarlyResponse, RequestContext, ResponseContext } from "@sluice/plugin-sdk";

import { isNotModified } from "./conditions.ts";
import { valuesOf } from "./freshness.ts";
import { ageOf } from "./lookup.ts";
import type { Found } from "./lookup.ts";
import type { Settings } from "./settings.ts";
import { setState } from "./state.ts";
import type { State } from "./state.ts";
import type { Body, Entry } from "./storage.ts";

/** Kong's words. */
export type Status = "Hit" | "Miss" | "Refresh" | "Bypass";

export interface Serving {
  readonly primary: string;
  readonly entry: Entry;
  readonly body: Body;
  readonly status: Status;
  /** It is old, and to be fetched anew. */
  readonly stale?: Found;
}

/** Its headers come in {@link fillIn}, where they take no other plugin's place. */
export function serve(
  ctx: RequestContext,
  settings: Settings,
  { primary, entry, body, status, stale }: Serving,
): EarlyResponse {
  const { request, response } = ctx;
  tell(ctx, settings, status);
  if (settings.response_headers.age) {
    response.setHeader("Age", String(Math.floor(ageOf(entry, Date.now()) / 1000)));
  }
  const isConfirmed = isNotModified(
    entry,
    request.headers("if-none-match"),
    request.header("if-modified-since"),
  );
  const headers = isConfirmed
    ? entry.headers.filter(([name]) => !/^content-(?!location)|^last-modified$/i.test(name))
    : entry.headers;
  setState(ctx.shared, { kind: "served", primary, headers, ...(stale && { stale }) });
  if (isConfirmed) return ctx.respond(304);
  const [type] = valuesOf(entry.headers, "content-type");
  return ctx.respond(entry.status, body, type === undefined ? {} : { "content-type": type });
}

/** What the response lacks of the stored one. */
export function fillIn(
  { response }: ResponseContext,
  { headers }: State & { kind: "served" },
): void {
  const present = new Set(response.headerNames());
  for (const [name, value] of headers) {
    if (!present.has(name.toLowerCase())) response.addHeader(name, value);
  }
}

export function tell(ctx: RequestContext, settings: Settings, status: Status): undefined {
  if (settings.response_headers["X-Cache-Status"]) {
    ctx.response.setHeader("X-Cache-Status", status);
  }
  return undefined;
}
