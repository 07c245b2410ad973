// Asks the request's own service for a new response, or for a confirmation of the stored one.
import { FetchError } from "@sluice/plugin-sdk";
import type { FetchResponse, LogContext, RequestContext } from "@sluice/plugin-sdk";

import { validatorsOf } from "./conditions.ts";
import { freshnessOf } from "./freshness.ts";
import { isUnkeyed } from "./header-roles.ts";
import type { Header } from "./header-lines.ts";
import { confirm, keep } from "./keep.ts";
import type { Place } from "./place.ts";
import type { Found } from "./lookup.ts";
import type { Body, Entry } from "./storage.ts";

export type Asking = Pick<RequestContext | LogContext, "fetch" | "request" | "store">;

export type Asked =
  | { readonly kind: "entry"; readonly entry: Entry; readonly body: Body }
  /** There is an answer that is not stored. */
  | { readonly kind: "other" }
  | { readonly kind: "failed" };

/** Of the whole answer. */
const TIMEOUT_MS = 60_000;

/** The gateway states these itself, or they are about another request than this one. */
const NOT_SENT =
  /^(?:host|connection|content-length|transfer-encoding|expect|te|trailer|upgrade|keep-alive|proxy-.*|if-.*|range|x-forwarded-.*|x-real-ip|forwarded|x-request-id|via|x-consumer-.*|x-credential-.*|x-authenticated-.*|x-anonymous-consumer|client-cert.*)$/i;

/** Reads all of the request before it waits. Rejected when the storage fails. */
export async function askUpstream(ctx: Asking, place: Place, found: Found): Promise<Asked> {
  const { settings } = place;
  const { store } = ctx;
  const url = urlOf(ctx.request);
  const requestHeaders = headersOf(ctx.request);
  let answer: FetchResponse;
  try {
    answer = await ctx.fetch(url, {
      headers: [
        ...requestHeaders.filter(([name]) => !NOT_SENT.test(name) && !isUnkeyed(name)),
        ...validatorsOf(found.entry),
      ],
      redirect: "manual",
      maxBytes: settings.max_body_bytes,
      timeoutMs: TIMEOUT_MS,
    });
  } catch (error) {
    if (error instanceof FetchError && error.reason === "limit") return { kind: "other" };
    return { kind: "failed" };
  }
  const { status } = answer;
  if (status >= 500) return { kind: "failed" };
  const exchanged = {
    method: "GET",
    url,
    requestHeaders,
    status,
    headers: headersOf(answer),
  };
  if (status === 304) {
    const entry = await confirm(place, found, exchanged);
    const body = entry && (await settings.storage.body(store, found.key, entry));
    return entry === undefined || body === undefined
      ? { kind: "other" }
      : { kind: "entry", entry, body };
  }
  const body = answer.bytes() as Uint8Array<ArrayBuffer>; // The SDK's own, of an ArrayBuffer.
  const freshness = freshnessOf(exchanged, settings);
  const entry = freshness && (await keep(place, { ...exchanged, freshness }, body));
  return entry === undefined ? { kind: "other" } : { kind: "entry", entry, body };
}

export function urlOf({ path, query }: Asking["request"]): string {
  return query === "" ? path : `${path}?${query}`;
}

/** Name and value of each line. */
export function headersOf(fields: Pick<FetchResponse, "headerNames" | "headers">): Header[] {
  return fields
    .headerNames()
    .flatMap((name) => fields.headers(name).map((value): Header => [name, value]));
}
