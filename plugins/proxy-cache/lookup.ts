// From a request to what is stored for it, and what that is still good for.
import type { RequestContext, Store } from "@sluice/plugin-sdk";

import { whenThere } from "../parts/now-or-later.ts";
import { variantKey } from "./cache-key.ts";
import { directivesOf } from "./freshness.ts";
import type { Header } from "./header-lines.ts";
import type { HeaderRoles } from "./header-roles.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";
import type { Entry, Kept } from "./storage.ts";

/** A request, and where its answer may be. */
export interface Question extends Place {
  readonly ctx: RequestContext;
  readonly roles: HeaderRoles;
  /** What it says of the age that it takes. */
  readonly wanted: Wanted;
}

export interface Found {
  readonly key: string;
  readonly entry: Entry;
  /** For the request that asks. */
  readonly use: Use;
}

export type Use =
  | "fresh"
  /** It may be served, and a new one is fetched meanwhile. */
  | "stale"
  /** The upstream has to be asked first. */
  | "old";

/** Undefined when nothing is there. Throws or is rejected when the storage fails. */
export function find(question: Question): Promise<Found | undefined> | Found | undefined {
  const { store, settings, primary } = question;
  return whenThere(settings.storage.find(store, primary), foundIn, question);
}

function foundIn(
  kept: Kept | undefined,
  question: Question,
): Promise<Found | undefined> | Found | undefined {
  const { ctx, store, settings, primary } = question;
  if (kept === undefined) return undefined;
  if (kept.kind === "entry") return foundAt(primary, kept, question);
  const key = variantKey(primary, kept.names, ctx.request);
  const variant = settings.storage.find(store, key);
  return whenThere(variant, (entry) => foundAt(key, entry, question), undefined);
}

function foundAt(
  key: string,
  entry: Kept | undefined,
  { store, primary, wanted }: Question,
): Found | undefined {
  if (entry?.kind !== "entry" || isPurged(store, primary, entry)) return undefined;
  return { key, entry, use: useOf(entry, wanted, Date.now()) };
}

/**
 * The gateway notes there when somebody has asked to purge: all entries, anything at all, and one. Usually nothing was
 * purged since an entry came, which the first look tells.
 */
function isPurged(store: Store, primary: string, { storedAtMs }: Entry): boolean {
  const marks = store.get("purged");
  if (marks === undefined) return false;
  const [allMs, lastMs] = marks.split(" ");
  if (storedAtMs > Number(lastMs)) return false;
  return storedAtMs <= Number(allMs) || storedAtMs <= Number(store.get(`purged:${primary}`) ?? 0);
}

/** Directives of a request's Cache-Control. */
export type Wanted = ReadonlyMap<string, string>;

/** What a request says of the age that it takes; nothing where the config passes over it. */
export function wantedOf(
  request: Pick<RequestContext["request"], "headers">,
  { limitsAge }: HeaderRoles,
  { cache_control }: Settings,
): Wanted {
  if (!cache_control || !limitsAge) return NOTHING;
  const headers = request.headers("cache-control").map((value): Header => ["cache-control", value]);
  const pragma = request.headers("pragma").join(",").toLowerCase();
  // RFC 9111 §5.4: for clients of HTTP/1.0.
  if (headers.length === 0 && pragma.includes("no-cache")) return new Map([["no-cache", ""]]);
  return directivesOf(headers);
}

const NOTHING: Wanted = new Map();

function useOf(entry: Entry, wanted: Wanted, nowMs: number): Use {
  const leftMs = entry.storedAtMs + entry.ttlMs - nowMs;
  if (wanted.size === 0) return leftMs > 0 ? "fresh" : -leftMs < entry.staleMs ? "stale" : "old";
  const ageMs = ageOf(entry, nowMs);
  const msOf = (name: string): number | undefined => {
    const text = wanted.get(name);
    return text === undefined || !/^\d{1,9}$/.test(text) ? undefined : Number(text) * 1000;
  };
  const maxAgeMs = msOf("max-age");
  if (wanted.has("no-cache") || (maxAgeMs !== undefined && ageMs > maxAgeMs)) return "old";
  if (leftMs > (msOf("min-fresh") ?? 0)) return "fresh";
  if (wanted.has("min-fresh")) return "old";
  if (wanted.has("max-stale") && -leftMs <= (msOf("max-stale") ?? Infinity)) {
    return entry.staleMs > 0 ? "fresh" : "old";
  }
  return -leftMs < entry.staleMs ? "stale" : "old";
}

/** A clock that was set back makes nothing younger than it came (R6). */
export function ageOf({ storedAtMs, ageMs }: Entry, nowMs: number): number {
  return ageMs + Math.max(0, nowMs - storedAtMs);
}

export function isGoodOnError(
  { storedAtMs, ttlMs, staleIfErrorMs }: Entry,
  nowMs: number,
): boolean {
  return nowMs < storedAtMs + ttlMs + staleIfErrorMs;
}
