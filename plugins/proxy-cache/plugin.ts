// Keeps responses and answers from them, as Kong's proxy-cache does, by the rules of RFC 9111.
import { definePlugin } from "@sluice/plugin-sdk";
import type { LogContext, RequestContext, ResponseContext } from "@sluice/plugin-sdk";

import { reasonOf } from "../parts/reason.ts";
import { answer } from "./answer.ts";
import { askUpstream, headersOf, urlOf } from "./ask-upstream.ts";
import { primaryKey } from "./cache-key.ts";
import { fillIn } from "./fill-in.ts";
import { freshnessOf } from "./freshness.ts";
import type { HeaderRoles } from "./header-roles.ts";
import { keep } from "./keep.ts";
import { KeptCopies } from "./kept-copies.ts";
import { pass, release } from "./lock.ts";
import { wantedOf } from "./lookup.ts";
import type { Found } from "./lookup.ts";
import type { Place } from "./place.ts";
import { tell, tellKey } from "./serve.ts";
import { config, settingsOf } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { clearState, setState, stateOf, takeUnfinished } from "./state.ts";
import type { State } from "./state.ts";

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Of all entries of the config. */
const copies = new KeptCopies();

// A hit awaits nothing with the memory storage: no handler is async, and each gives a promise only when it has to wait.
export default definePlugin({
  name: "proxy-cache",
  version: "1.0.0",
  priority: 100,
  config,

  configure: (config, entry) => settingsOf(config, entry.id, copies),

  onRequest(ctx, settings) {
    const { request } = ctx;
    const roles = settings.rolesOf(request.headerNames());
    const { method } = request;
    if (!settings.methods.has(method) || !isWhole(request, roles)) {
      if (!SAFE.has(method)) {
        setState(ctx.shared, { kind: "unsafe", primary: primaryKey(ctx, settings, roles) });
      }
      return tell(ctx, settings, "Bypass");
    }
    const wanted = wantedOf(request, roles, settings);
    if (wanted.has("no-store")) return tell(ctx, settings, "Bypass");
    const primary = primaryKey(ctx, settings, roles);
    try {
      const outcome = answer({ ctx, store: ctx.store, settings, roles, primary, wanted });
      return outcome instanceof Promise
        ? outcome.catch((cause) => withoutCache(ctx, settings, primary, cause))
        : outcome;
    } catch (cause) {
      return withoutCache(ctx, settings, primary, cause);
    }
  },

  onResponse(ctx, settings) {
    const state = stateOf(ctx.shared);
    if (state === undefined) return undefined;
    try {
      const done = afterwards(ctx, settings, state);
      return done instanceof Promise ? done.catch((cause) => notStored(ctx, cause)) : undefined;
    } catch (cause) {
      return notStored(ctx, cause);
    }
  },

  onLog(ctx, settings) {
    const state = takeUnfinished(ctx);
    if (state?.kind === "asking") {
      release({ store: ctx.store, key: state.primary, holder: ctx.request.id });
    } else if (state?.kind === "served" && state.stale !== undefined) {
      const { primary, found } = state.stale;
      // Nobody waits for it: neither the client nor the log.
      void refresh(ctx, { store: ctx.store, settings, primary }, found);
    }
  },
});

/** The storage does not answer: the request goes on. */
function withoutCache(
  ctx: RequestContext,
  settings: Settings,
  primary: string,
  cause: unknown,
): undefined {
  ctx.log.warn(`The cache cannot be used: ${reasonOf(cause)}`);
  tellKey(ctx, settings, primary);
  return tell(ctx, settings, "Bypass");
}

function notStored(ctx: ResponseContext, cause: unknown): undefined {
  ctx.log.warn(`The response is not in the cache: ${reasonOf(cause)}`);
  return undefined;
}

/** Whether it asks for all of a response by its head alone. */
function isWhole(request: RequestContext["request"], roles: HeaderRoles): boolean {
  if (roles.isSpecial) return false;
  // A GET with a body: what the upstream makes of it is not in the key (K2).
  return !roles.hasLength || request.header("content-length") === "0";
}

function afterwards(ctx: ResponseContext, settings: Settings, state: State): Promise<void> | void {
  switch (state.kind) {
    case "served":
      return fillIn(ctx, state.lines);
    case "asking":
      return take(ctx, settings, state);
    case "unsafe":
      if (ctx.response.status >= 400) return undefined;
      return settings.storage.remove(ctx.store, state.primary);
  }
}

/** What the upstream said, into the cache. */
async function take(
  ctx: ResponseContext,
  settings: Settings,
  state: State & { kind: "asking" },
): Promise<void> {
  const { primary, headers, isLocked } = state;
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
    clearState(shared, state);
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
