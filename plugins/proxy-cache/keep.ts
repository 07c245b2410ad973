// Puts a response into the cache, or a confirmation that an old one still holds.
import { isGatewayHeader } from "@sluice/plugin-sdk";

import { variantKey } from "./cache-key.ts";
import { freshnessOf, valuesOf, varyOf } from "./freshness.ts";
import type { Exchanged, Freshness } from "./freshness.ts";
import type { Found } from "./lookup.ts";
import type { Place } from "./place.ts";
import { headersIn, linesOf } from "./header-lines.ts";
import type { Header } from "./header-lines.ts";
import type { Settings } from "./settings.ts";
import type { Entry } from "./storage.ts";

/** Of one connection or one request, or the gateway's own word on this request. */
const NOT_KEPT =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|age|via|x-request-id|x-cache-(?:status|key)|(?:x-)?ratelimit(?:-.*)?|retry-after|x-kong-.*)$/i;

/** What a plugin can set of a header, characters: a longer one could not be given back. */
const MAX_VALUE = 16_384;

function keptHeaders(headers: readonly Header[]): Header[] {
  // RFC 9111 §3.1: what Connection names is of the connection, too.
  const named = new Set(
    valuesOf(headers, "connection")
      .join(",")
      .split(",")
      .map((name) => name.trim().toLowerCase()),
  );
  return headers.filter(
    ([name]) => !NOT_KEPT.test(name) && !named.has(name.toLowerCase()) && !isGatewayHeader(name),
  );
}

/** Undefined when it cannot be stored. Rejected when the storage fails. */
export async function keep(
  { store, settings, primary }: Place,
  { freshness, ...exchanged }: Exchanged & { readonly freshness: Freshness },
  body: Uint8Array<ArrayBuffer>,
): Promise<Entry | undefined> {
  if (exchanged.headers.some(([, value]) => value.length > MAX_VALUE)) return undefined;
  const entry = entryOf(exchanged, freshness, body.length);
  const names = varyOf(exchanged.headers);
  // As a request, of which a key needs nothing else.
  const asked = {
    headers: (name: string) => valuesOf(exchanged.requestHeaders, name.toLowerCase()),
  };
  const key = names.length === 0 ? primary : variantKey(primary, names, asked);
  const lifetimeMs = lifetimeOf(entry, settings);
  if (!(await settings.storage.put(store, key, { kept: entry, body, lifetimeMs })))
    return undefined;
  if (names.length > 0) {
    const kept = { kind: "variants", names } as const;
    await settings.storage.put(store, primary, { kept, body: undefined, lifetimeMs });
  }
  return entry;
}

/** RFC 9111 §4.3.4: the stored response with the fields of the confirmation. Undefined when it is not to be kept. */
export async function confirm(
  { store, settings }: Place,
  { key, entry }: Found,
  exchanged: Exchanged,
): Promise<Entry | undefined> {
  const old: Header[] = [["content-type", entry.type], ...headersIn(entry.lines)];
  const news = keptHeaders(exchanged.headers);
  const replaced = new Set(news.map(([name]) => name.toLowerCase()));
  const headers = [
    ...old.filter(([name]) => !replaced.has(name.toLowerCase())),
    ...news.filter(([name]) => !/^content-(?:encoding|type|range)$/i.test(name)),
    ...old.filter(
      ([name]) => /^content-(?:encoding|type)$/i.test(name) && replaced.has(name.toLowerCase()),
    ),
  ];
  const merged = { ...exchanged, status: entry.status, headers };
  const freshness = freshnessOf(merged, settings);
  if (freshness === undefined) return undefined;
  const confirmed = { ...entry, ...entryOf(merged, freshness, entry.bytes), tag: entry.tag };
  const isKept = await settings.storage.put(store, key, {
    kept: confirmed,
    body: undefined,
    lifetimeMs: lifetimeOf(confirmed, settings),
  });
  return isKept ? confirmed : undefined;
}

function entryOf({ status, headers }: Exchanged, freshness: Freshness, bytes: number): Entry {
  const [age] = valuesOf(headers, "age");
  // What is stored has one.
  const [type = ""] = valuesOf(headers, "content-type");
  const ageMs = age !== undefined && /^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0;
  return {
    kind: "entry",
    status,
    type,
    lines: linesOf(keptHeaders(headers).filter(([name]) => name.toLowerCase() !== "content-type")),
    storedAtMs: Date.now(),
    ageMs,
    ...freshness,
    tag: crypto.randomUUID(),
    bytes,
  };
}

/** Longer than it is fresh, so that it can be confirmed instead of fetched; ms. */
function lifetimeOf({ ttlMs, staleMs, staleIfErrorMs }: Entry, { storage_ttl }: Settings): number {
  if (storage_ttl !== undefined) return storage_ttl * 1000;
  return Math.max(60_000, ttlMs * 2, ttlMs + staleMs, ttlMs + staleIfErrorMs);
}
