// From a request to what is stored for it, and what that is still good for.
import type { RequestContext, Store } from "@sluice/plugin-sdk";

import { variantKey } from "./cache-key.ts";
import { directivesOf } from "./freshness.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";
import type { Entry, Header } from "./storage.ts";

export interface Found {
  readonly key: string;
  readonly entry: Entry;
}

/** Undefined when nothing is there. Rejected when the storage fails. */
export async function find(
  { store, settings: { storage }, primary }: Place,
  request: RequestContext["request"],
): Promise<Found | undefined> {
  const kept = await storage.find(store, primary);
  if (kept === undefined) return undefined;
  const key = kept.kind === "entry" ? primary : variantKey(primary, kept.names, request);
  const entry = kept.kind === "entry" ? kept : await storage.find(store, key);
  if (entry?.kind !== "entry" || isPurged(store, primary, entry)) return undefined;
  return { key, entry };
}

/** The gateway notes there when somebody has asked to purge all entries, or one. */
function isPurged(store: Store, primary: string, { storedAtMs }: Entry): boolean {
  return ["purged", `purged:${primary}`].some((name) => {
    const atMs = store.get(name);
    return atMs !== undefined && storedAtMs <= Number(atMs);
  });
}

/** What a request says of the age that it takes; nothing where the config passes over it. */
export function wantedOf(
  request: Pick<RequestContext["request"], "headers">,
  { cache_control }: Settings,
): ReadonlyMap<string, string> {
  if (!cache_control) return new Map();
  const headers = request.headers("cache-control").map((value): Header => ["cache-control", value]);
  const pragma = request.headers("pragma").join(",").toLowerCase();
  // RFC 9111 §5.4: for clients of HTTP/1.0.
  if (headers.length === 0 && pragma.includes("no-cache")) return new Map([["no-cache", ""]]);
  return directivesOf(headers);
}

export type Use =
  | "fresh"
  /** It may be served, and a new one is fetched meanwhile. */
  | "stale"
  /** The upstream has to be asked first. */
  | "old";

export function useOf(entry: Entry, wanted: ReadonlyMap<string, string>, nowMs: number): Use {
  const ageMs = ageOf(entry, nowMs);
  const msOf = (name: string): number | undefined => {
    const text = wanted.get(name);
    return text === undefined || !/^\d{1,9}$/.test(text) ? undefined : Number(text) * 1000;
  };
  const maxAgeMs = msOf("max-age");
  if (wanted.has("no-cache") || (maxAgeMs !== undefined && ageMs > maxAgeMs)) return "old";
  const leftMs = entry.storedAtMs + entry.ttlMs - nowMs;
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
