// Conditional requests (RFC 9110 §13), answered from what is stored.
import { valuesOf } from "./freshness.ts";
import type { Entry } from "./storage.ts";

/** Of a request: If-None-Match wins over If-Modified-Since (RFC 9110 §13.1.3). */
export function isNotModified(
  entry: Entry,
  ifNoneMatch: readonly string[],
  ifModifiedSince: string | undefined,
): boolean {
  if (entry.status !== 200) return false;
  if (ifNoneMatch.length > 0) {
    const [etag] = valuesOf(entry.headers, "etag");
    if (etag === undefined) return false;
    const given = ifNoneMatch.join(",");
    if (given.trim() === "*") return true;
    const tags = given.match(/(?:W\/)?"[^"]*"/g) ?? [];
    return tags.some((tag) => opaque(tag) === opaque(etag));
  }
  const [modified] = valuesOf(entry.headers, "last-modified");
  if (ifModifiedSince === undefined || modified === undefined) return false;
  const [sinceMs, modifiedMs] = [Date.parse(ifModifiedSince), Date.parse(modified)];
  return !Number.isNaN(sinceMs) && modifiedMs <= sinceMs;
}

/** What makes a request for a new response one for a confirmation of this one. */
export function validatorsOf({ headers }: Entry): [name: string, value: string][] {
  const [etag] = valuesOf(headers, "etag");
  const [modified] = valuesOf(headers, "last-modified");
  if (etag !== undefined) return [["If-None-Match", etag]];
  return modified === undefined ? [] : [["If-Modified-Since", modified]];
}

/** Weak comparison (RFC 9110 §8.8.3.2). */
function opaque(tag: string): string {
  return tag.replace(/^W\//, "");
}
