// What becomes of a request that the cache may answer.
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { askUpstream, headersOf } from "./ask-upstream.ts";
import { isUnkeyed } from "./cache-key.ts";
import { release, turn } from "./lock.ts";
import { find, isGoodOnError, useOf } from "./lookup.ts";
import type { Found } from "./lookup.ts";
import type { Place } from "./place.ts";
import { serve, tell } from "./serve.ts";
import { setState } from "./state.ts";

type Outcome = EarlyResponse | undefined;

/** A request, and where its answer may be. */
export interface Question extends Place {
  readonly ctx: RequestContext;
  /** What it says of the age that it takes. */
  readonly wanted: ReadonlyMap<string, string>;
}

/** Undefined when the request goes on to the upstream. Rejected when the storage fails. */
export async function answer(question: Question): Promise<Outcome> {
  const { ctx, settings, wanted } = question;
  const { request } = ctx;
  const found = await find(question, request);
  const first = found && (await fromCache(question, found));
  if (first !== undefined) return first;
  // RFC 9111 §5.2.1.7.
  if (wanted.has("only-if-cached")) return ctx.error(504, "Gateway Timeout");
  // What a HEAD brings cannot answer a GET.
  if (request.method !== "GET") return tell(ctx, settings, statusOf(found));
  for (const name of request.headerNames()) if (isUnkeyed(name)) request.removeHeader(name);
  return fetchOnce(question, found);
}

/** Undefined when the stored response will not do. */
async function fromCache(
  { ctx, store, settings, primary, wanted }: Question,
  found: Found,
): Promise<Outcome> {
  const { key, entry } = found;
  const use = useOf(entry, wanted, Date.now());
  if (use === "old") return undefined;
  const body = await settings.storage.body(store, key, entry);
  if (body === undefined) return undefined;
  const serving = { primary, entry, body, status: "Hit" } as const;
  return serve(ctx, settings, use === "stale" ? { ...serving, stale: found } : serving);
}

/** To the upstream, unless another request is there already and brings something. */
async function fetchOnce(question: Question, old: Found | undefined): Promise<Outcome> {
  const { ctx, store, settings, primary, wanted } = question;
  const { request } = ctx;
  const look = async (): Promise<Found | undefined> => {
    const found = await find(question, request);
    return found !== undefined && useOf(found.entry, wanted, Date.now()) !== "old"
      ? found
      : undefined;
  };
  // What is asked for each time, nobody can wait for: by the client's wish, or by the response's.
  const isEachTime =
    wanted.has("no-cache") || wanted.get("max-age") === "0" || old?.entry.ttlMs === 0;
  const timeoutMs = isEachTime ? 0 : settings.lock_timeout * 1000;
  const lock = { store, key: primary, holder: request.id };
  const its = await turn(lock, timeoutMs, look);
  if (its.kind === "there") {
    const served = await fromCache(question, its.found);
    if (served !== undefined) return served;
  }
  const isLocked = its.kind === "fetch" && its.isLocked;
  const headers = headersOf(request);
  setState(ctx.shared, { kind: "asking", primary, status: statusOf(old), headers, isLocked });
  if (old !== undefined) {
    const renewed = await renew(question, old);
    if (renewed !== undefined) {
      if (isLocked) release(lock);
      return renewed;
    }
  }
  return tell(ctx, settings, statusOf(old));
}

function statusOf(old: Found | undefined): "Miss" | "Refresh" {
  return old === undefined ? "Miss" : "Refresh";
}

/** A stale response, confirmed or replaced; undefined when the request has to go on by itself. */
async function renew(question: Question, found: Found): Promise<Outcome> {
  const { ctx, store, settings, primary } = question;
  const asked = await askUpstream(ctx, question, found);
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
