// What becomes of a request that the cache may answer.
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { askUpstream, headersOf } from "./ask-upstream.ts";
import { turn } from "./lock.ts";
import { find, isGoodOnError, useOf } from "./lookup.ts";
import type { Found } from "./lookup.ts";
import { serve, tell } from "./serve.ts";
import type { Settings } from "./settings.ts";
import { setState } from "./state.ts";

type Outcome = EarlyResponse | undefined;

/** Applications take a path or method from these; what is stored would depend on what is not part of the key (K2). */
const UNKEYED = [
  "x-original-url",
  "x-original-uri",
  "x-rewrite-url",
  "x-original-host",
  "x-host",
  "x-http-host-override",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
];

/** Undefined when the request goes on to the upstream. Rejected when the storage fails. */
export async function answer(
  ctx: RequestContext,
  settings: Settings,
  primary: string,
  wanted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { store, request } = ctx;
  const isOnlyIfCached = wanted.has("only-if-cached");
  const found = await find(store, settings, primary, request);
  const first = found && (await fromCache(ctx, settings, primary, found, wanted));
  if (first !== undefined) return first;
  // RFC 9111 §5.2.1.7.
  if (isOnlyIfCached) return ctx.error(504, "Gateway Timeout");
  if (found !== undefined && request.method === "GET") {
    const renewed = await renew(ctx, settings, primary, found);
    if (renewed !== undefined) return renewed;
  }
  return fetchOnce(ctx, settings, primary, wanted, found);
}

/** Undefined when the stored response will not do. */
async function fromCache(
  ctx: RequestContext,
  settings: Settings,
  primary: string,
  found: Found,
  wanted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { key, entry } = found;
  const use = useOf(entry, wanted, Date.now());
  if (use === "old") return undefined;
  const body = await settings.storage.body(ctx.store, key, entry);
  if (body === undefined) return undefined;
  const serving = { primary, entry, body, status: "Hit" } as const;
  return serve(ctx, settings, use === "stale" ? { ...serving, stale: found } : serving);
}

/** A stale response, confirmed or replaced; undefined when the request has to go on by itself. */
async function renew(
  ctx: RequestContext,
  settings: Settings,
  primary: string,
  found: Found,
): Promise<Outcome> {
  const { store } = ctx;
  const asked = await askUpstream(ctx, { store, settings, primary }, found);
  if (asked.kind === "entry") {
    const { entry, body } = asked;
    return serve(ctx, settings, { primary, entry, body, status: "Refresh" });
  }
  if (asked.kind === "failed" && isGoodOnError(found.entry, Date.now())) {
    const { entry } = found;
    const body = await settings.storage.body(store, found.key, entry);
    if (body === undefined) return undefined;
    return serve(ctx, settings, { primary, entry, body, status: "Hit" });
  }
  return undefined;
}

/** To the upstream, unless another request is there already and brings something. */
async function fetchOnce(
  ctx: RequestContext,
  settings: Settings,
  primary: string,
  wanted: ReadonlyMap<string, string>,
  old: Found | undefined,
): Promise<Outcome> {
  const { store, request } = ctx;
  const status = old === undefined ? "Miss" : "Refresh";
  // What a HEAD brings cannot answer a GET.
  if (request.method !== "GET") return tell(ctx, settings, status);
  const look = async (): Promise<Found | undefined> => {
    const found = await find(store, settings, primary, request);
    return found !== undefined && useOf(found.entry, wanted, Date.now()) !== "old"
      ? found
      : undefined;
  };
  const timeoutMs = settings.lock_timeout * 1000;
  const its = await turn(store, primary, request.id, timeoutMs, look);
  if (its.kind === "there") {
    const served = await fromCache(ctx, settings, primary, its.found, wanted);
    if (served !== undefined) return served;
  }
  const isLocked = its.kind === "fetch" && its.isLocked;
  for (const name of UNKEYED) request.removeHeader(name);
  setState(ctx.shared, { kind: "asking", primary, status, headers: headersOf(request), isLocked });
  return tell(ctx, settings, status);
}
