// Whether a response may be stored, and for how long it is fresh: by cache_ttl, or as RFC 9111 says.
import CachePolicy from "http-cache-semantics";

import type { Header } from "./header-lines.ts";
import { normalType } from "./settings.ts";
import type { Settings } from "./settings.ts";

export interface Freshness {
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
}

export interface Exchanged {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: readonly Header[];
  readonly status: number;
  readonly headers: readonly Header[];
}

/** Undefined when it must not or shall not be stored. */
export function freshnessOf(exchanged: Exchanged, settings: Settings): Freshness | undefined {
  const { status, headers } = exchanged;
  if (!settings.statuses.has(status) || !hasType(headers, settings)) return undefined;
  const directives = directivesOf(headers);
  // Whatever cache_control says: these are one client's own (K1).
  if (directives.has("no-store") || directives.has("private")) return undefined;
  if (valuesOf(headers, "set-cookie").length > 0) return undefined;
  // A part, whatever the status says (K3).
  if (valuesOf(headers, "content-range").length > 0) return undefined;
  if (varyOf(headers).includes("*")) return undefined;
  if (!settings.cache_control) {
    return {
      ttlMs: settings.cache_ttl * 1000,
      staleMs: settings.stale_while_revalidate * 1000,
      staleIfErrorMs: settings.stale_if_error * 1000,
    };
  }
  const policy = new CachePolicy(
    {
      method: exchanged.method,
      url: exchanged.url,
      // They are part of the key, so nobody else gets what is stored.
      headers: objectOf(exchanged.requestHeaders.filter(([name]) => name !== "authorization")),
    },
    { status, headers: objectOf(headers) },
    { shared: true },
  );
  if (!policy.storable()) return undefined;
  const mayBeStale = !["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage"].some((name) =>
    directives.has(name),
  );
  const secondsOf = (name: string, other: number): number =>
    mayBeStale ? Number(directives.get(name) || other) * 1000 : 0;
  return {
    ttlMs: Math.max(0, policy.maxAge() - policy.age()) * 1000,
    staleMs: secondsOf("stale-while-revalidate", settings.stale_while_revalidate) || 0,
    staleIfErrorMs: secondsOf("stale-if-error", settings.stale_if_error) || 0,
  };
}

function hasType(headers: readonly Header[], { contentTypes }: Settings): boolean {
  const [type, ...more] = valuesOf(headers, "content-type");
  if (type === undefined || more.length > 0) return false;
  const full = normalType(type);
  return contentTypes.has(full) || contentTypes.has(full.split(";", 1)[0] ?? "");
}

/** Of Cache-Control, lower case; those without a value have an empty one. */
export function directivesOf(headers: readonly Header[]): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  // A quoted value may have commas in it.
  const pattern = /([^\s,;=]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;]*)))?/g;
  for (const [, name = "", quoted, plain] of valuesOf(headers, "cache-control")
    .join(",")
    .matchAll(pattern)) {
    directives.set(name.toLowerCase(), quoted ?? plain ?? "");
  }
  return directives;
}

/** Names in lower case, sorted. */
export function varyOf(headers: readonly Header[]): string[] {
  const names = valuesOf(headers, "vary")
    .join(",")
    .split(",")
    .map((name) => name.trim().toLowerCase());
  return [...new Set(names.filter((name) => name !== ""))].sort();
}

export function valuesOf(headers: readonly Header[], lower: string): string[] {
  return headers.filter(([name]) => name.toLowerCase() === lower).map(([, value]) => value);
}

function objectOf(headers: readonly Header[]): Record<string, string> {
  const object: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    object[key] = Object.hasOwn(object, key) ? `${object[key]}, ${value}` : value;
  }
  return object;
}
