// Keeps responses and answers from them, as Kong's proxy-cache does, by the rules of RFC 9111.
import { definePlugin } from "@sluice/plugin-sdk";
import type { LogContext, RequestContext, ResponseContext } from "@sluice/plugin-sdk";

import { reasonOf } from "../parts/reason.ts";
import { answer } from "./answer.ts";
import { askUpstream, headersOf, urlOf } from "./ask-upstream.ts";
import { primaryKey } from "./cache-key.ts";
import { freshnessOf } from "./freshness.ts";
import { keep } from "./keep.ts";
import { pass, release } from "./lock.ts";
import { wantedOf } from "./lookup.ts";
import type { Found } from "./lookup.ts";
import type { Place } from "./place.ts";
import { fillIn, tell } from "./serve.ts";
import { config, settingsOf } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { setState, stateOf } from "./state.ts";
import type { State } from "./state.ts";

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

export default definePlugin({
  name: "proxy-cache",
  version: "1.0.0",
  priority: 100,
  config,

  configure: (config, entry) => settingsOf(config, entry.id),

  async onRequest(ctx, settings) {
    const { request } = ctx;
    if (!SAFE.has(request.method)) {
      setState(ctx.shared, { kind: "unsafe", primary: primaryOf(ctx, settings) });
    }
    const wanted = wantedOf(request, settings);
    if (!isCacheable(ctx, settings) || wanted.has("no-store")) return tell(ctx, settings, "Bypass");
    const primary = primaryOf(ctx, settings);
    if (settings.response_headers["X-Cache-Key"]) ctx.response.setHeader("X-Cache-Key", primary);
    try {
      return await answer({ ctx, store: ctx.store, settings, primary, wanted });
    } catch (cause) {
      ctx.log.warn(`The cache cannot be used: ${reasonOf(cause)}`);
      return tell(ctx, settings, "Bypass");
    }
  },

  async onResponse(ctx, settings) {
    const state = stateOf(ctx.shared);
    if (state === undefined) return;
    try {
      if (state.kind === "served") fillIn(ctx, state);
      else if (state.kind === "asking") await take(ctx, settings, state);
      else if (ctx.response.status < 400) await settings.storage.remove(ctx.store, state.primary);
    } catch (cause) {
      ctx.log.warn(`The response is not in the cache: ${reasonOf(cause)}`);
    }
  },

  onLog(ctx, settings) {
    const state = stateOf(ctx.shared);
    if (state?.kind === "asking" && state.isLocked) {
      release({ store: ctx.store, key: state.primary, holder: ctx.request.id });
    } else if (state?.kind === "served" && state.stale !== undefined) {
      // Nobody waits for it: neither the client nor the log.
      const place = { store: ctx.store, settings, primary: state.primary };
      void refresh(ctx, place, state.stale);
    }
  },
});

function isCacheable({ request }: RequestContext, { methods }: Settings): boolean {
  if (!methods.has(request.method) || request.header("range") !== undefined) return false;
  // A GET with a body: what the upstream makes of it is not in the key (K2).
  const length = request.header("content-length") ?? "0";
  return length === "0" && request.header("transfer-encoding") === undefined;
}

function primaryOf(ctx: RequestContext, settings: Settings): string {
  return primaryKey(ctx, settings, settings.entryId);
}

/** What the upstream said, into the cache. */
async function take(
  ctx: ResponseContext,
  settings: Settings,
  { primary, headers, isLocked }: State & { kind: "asking" },
): Promise<void> {
  const { store, request, response, shared } = ctx;
  const exchanged = {
    method: request.method,
    url: urlOf(request),
    requestHeaders: headers,
    status: response.status,
    headers: headersOf(response),
  };
  let isStored = false;
  try {
    const freshness = freshnessOf(exchanged, settings);
    if (freshness !== undefined) {
      const body = await response.bytes({ maxBytes: settings.max_body_bytes });
      const place = { store, settings, primary };
      isStored = (await keep(place, { ...exchanged, freshness }, body)) !== undefined;
    }
  } catch (cause) {
    // Longer than is kept, or than there is memory for: it goes on to the client all the same.
    if (!(cause instanceof RangeError)) throw cause;
  } finally {
    const lock = { store, key: primary, holder: request.id };
    if (isLocked) (isStored ? release : pass)(lock);
    setState(shared, undefined);
    if (!isStored && settings.response_headers["X-Cache-Status"]) {
      response.setHeader("X-Cache-Status", "Bypass");
    }
  }
}

async function refresh(ctx: LogContext, place: Place, found: Found): Promise<void> {
  const { store, primary } = place;
  const name = `refresh:${primary}`;
  if (!store.compareAndSet(name, undefined, "", 60_000)) return;
  try {
    await askUpstream(ctx, place, found);
  } catch (cause) {
    ctx.log.warn(`A stale response was not renewed: ${reasonOf(cause)}`);
  } finally {
    store.delete(name);
  }
}
