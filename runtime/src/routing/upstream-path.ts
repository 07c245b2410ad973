// The path that the upstream is asked for: the service's path and what strip_path leaves of the request's,
// joined as Kong's path_handling v0 does.
import type { RouteMatch } from "./candidate.ts";
import { canonicalPath } from "./path.ts";

/**
 * Joins a service's path (undefined counts as `/`) and a canonical request path. Undefined means that the request
 * must be refused with 400: a regular expression cut the path inside a segment and what is left would climb out of
 * the service's path, as `/api../x` does when `~/api` is stripped (Traefik CVE-2026-48020).
 */
export function upstreamPath(
  match: Pick<RouteMatch, "stripPath" | "prefixLength">,
  servicePath: string | undefined,
  path: string,
): string | undefined {
  const base = servicePath ?? "/";
  if (!match.stripPath) return joinWhole(base, path);
  const joined = joinStripped(base, path.slice(match.prefixLength), path);
  if (isAtBorder(path, match.prefixLength)) return joined;
  return canonicalPath(joined) === joined ? joined : undefined;
}

function joinWhole(base: string, path: string): string {
  if (base.endsWith("/")) return base === "/" ? path : base + path.slice(1);
  return path === "/" ? base : base + path;
}

function joinStripped(base: string, rest: string, path: string): string {
  if (rest === "") {
    if (base === "/") return base;
    if (base.endsWith("/")) return path.endsWith("/") ? base : base.slice(0, -1);
    return path.length > 1 && path.endsWith("/") ? `${base}/` : base;
  }
  const below = rest.startsWith("/") ? rest.slice(1) : rest;
  return base.endsWith("/") ? base + below : `${base}/${below}`;
}

/** Whole segments of a canonical path, joined to a canonical path, are canonical. */
function isAtBorder(path: string, length: number): boolean {
  return length === path.length || path.charAt(length) === "/" || path.charAt(length - 1) === "/";
}
