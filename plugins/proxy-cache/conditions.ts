// Conditional requests (RFC 9110 §13), answered from what is stored.
import type { ReadableFields } from "@sluice/plugin-sdk";

import { valuesOf } from "./freshness.ts";
import { headersIn, linesOf } from "./header-lines.ts";
import type { Entry } from "./storage.ts";

/** If-None-Match wins over If-Modified-Since (RFC 9110 §13.1.3). */
export function isNotModified(
  { status, lines }: Entry,
  request: Pick<ReadableFields, "header" | "headers">,
): boolean {
  if (status !== 200) return false;
  const headers = headersIn(lines);
  const ifNoneMatch = request.headers("if-none-match");
  if (ifNoneMatch.length > 0) {
    const [etag] = valuesOf(headers, "etag");
    if (etag === undefined) return false;
    const given = ifNoneMatch.join(",");
    if (given.trim() === "*") return true;
    const tags = given.match(/(?:W\/)?"[^"]*"/g) ?? [];
    return tags.some((tag) => opaque(tag) === opaque(etag));
  }
  const ifModifiedSince = request.header("if-modified-since");
  const [modified] = valuesOf(headers, "last-modified");
  if (ifModifiedSince === undefined || modified === undefined) return false;
  const [sinceMs, modifiedMs] = [Date.parse(ifModifiedSince), Date.parse(modified)];
  return !Number.isNaN(sinceMs) && modifiedMs <= sinceMs;
}

/** Of a 304: what it says of the body is left out (RFC 9110 §15.4.5). */
export function confirmedLines({ lines }: Entry): string {
  return linesOf(
    headersIn(lines).filter(([name]) => !/^content-(?!location)|^last-modified$/i.test(name)),
  );
}

/** What makes a request for a new response one for a confirmation of this one. */
export function validatorsOf({ lines }: Entry): [name: string, value: string][] {
  const headers = headersIn(lines);
  const [etag] = valuesOf(headers, "etag");
  const [modified] = valuesOf(headers, "last-modified");
  if (etag !== undefined) return [["If-None-Match", etag]];
  return modified === undefined ? [] : [["If-Modified-Since", modified]];
}

/** Weak comparison (RFC 9110 §8.8.3.2). */
function opaque(tag: string): string {
  return tag.replace(/^W\//, "");
}
