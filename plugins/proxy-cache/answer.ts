// What becomes of a request that the cache may answer.
import type { EarlyResponse } from "@sluice/plugin-sdk";

import { whenThere } from "../parts/now-or-later.ts";
import { askUpstream, headersOf } from "./ask-upstream.ts";
import { release, turn } from "./lock.ts";
import { find, isGoodOnError } from "./lookup.ts";
import type { Found, Question } from "./lookup.ts";
import { serve, tell, tellKey } from "./serve.ts";
import type { Serving } from "./serve.ts";
import { clearState, setState } from "./state.ts";
import type { State } from "./state.ts";
import type { Body } from "./storage.ts";

type Outcome = EarlyResponse | undefined;

/** Undefined when the request goes on to the upstream. Throws or is rejected when the storage fails. */
export function answer(question: Question): Promise<Outcome> | Outcome {
  return whenThere(find(question), answerFrom, question);
}

function answerFrom(found: Found | undefined, question: Question): Promise<Outcome> | Outcome {
  if (found === undefined || found.use === "old") return missed(question, found);
  const { store, settings } = question;
  const body = settings.storage.body(store, found.key, found.entry);
  return body instanceof Promise
    ? body.then((there) => answerWith(there, question, found))
    : answerWith(body, question, found);
}

/** Without its body, which was pushed out, a stored response will not do. */
function answerWith(
  body: Body | undefined,
  question: Question,
  found: Found,
): Promise<Outcome> | Outcome {
  return body === undefined ? missed(question, found) : serve(question, hit(found, body));
}

function hit(found: Found, body: Body): Serving {
  const stale = found.use === "stale" ? found : undefined;
  return { entry: found.entry, body, status: "Hit", stale };
}

function missed(question: Question, found: Found | undefined): Promise<Outcome> | Outcome {
  const { ctx, settings, roles, primary, wanted } = question;
  const { request } = ctx;
  tellKey(ctx, settings, primary);
  // RFC 9111 §5.2.1.7.
  if (wanted.has("only-if-cached")) return ctx.error(504, "Gateway Timeout");
  // What a HEAD brings cannot answer a GET.
  if (request.method !== "GET") return tell(ctx, settings, statusOf(found));
  for (const name of roles.unkeyed) request.removeHeader(name);
  return fetchOnce(question, found);
}

/** To the upstream, unless another request is there already and brings something. */
async function fetchOnce(question: Question, old: Found | undefined): Promise<Outcome> {
  const { ctx, store, settings, primary, wanted } = question;
  const { request } = ctx;
  const look = async (): Promise<Found | undefined> => {
    const found = await find(question);
    return found?.use === "old" ? undefined : found;
  };
  // What is asked for each time, nobody can wait for: by the client's wish, or by the response's.
  const isEachTime =
    wanted.has("no-cache") || wanted.get("max-age") === "0" || old?.entry.ttlMs === 0;
  const timeoutMs = isEachTime ? 0 : settings.lock_timeout * 1000;
  const lock = { store, key: primary, holder: request.id };
  const its = await turn(lock, timeoutMs, look);
  if (its.kind === "there") {
    const { found } = its;
    const body = await settings.storage.body(store, found.key, found.entry);
    if (body !== undefined) return serve(question, hit(found, body));
  }
  const isLocked = its.kind === "fetch" && its.isLocked;
  const headers = headersOf(request);
  const asking: State = { kind: "asking", primary, status: statusOf(old), headers, isLocked };
  setState(ctx.shared, asking);
  if (old !== undefined) {
    const renewed = await renew(question, old);
    if (renewed !== undefined) {
      clearState(ctx.shared, asking);
      if (isLocked) release(lock);
      return serve(question, renewed);
    }
  }
  return tell(ctx, settings, statusOf(old));
}

function statusOf(old: Found | undefined): "Miss" | "Refresh" {
  return old === undefined ? "Miss" : "Refresh";
}

/** A stale response, confirmed or replaced; undefined when the request has to go on by itself. */
async function renew(question: Question, old: Found): Promise<Serving | undefined> {
  const { ctx, store, settings } = question;
  const { key, entry } = old;
  const asked = await askUpstream(ctx, question, old);
  if (asked.kind === "entry") {
    return { entry: asked.entry, body: asked.body, status: "Refresh", stale: undefined };
  }
  if (asked.kind === "failed" && isGoodOnError(entry, Date.now())) {
    const body = await settings.storage.body(store, key, entry);
    if (body !== undefined) return { entry, body, status: "Hit", stale: undefined };
  }
  return undefined;
}
