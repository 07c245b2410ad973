// Which escapes of a canonical path a route takes, and whether another reading of the path would be another route.
// Servers disagree on what an escaped slash or a parameter (`;a=1`) means; the gateway must not guess (P3, P6).
import type { EncodedCharacters } from "../config/model.ts";
import type { RouteMatch } from "./candidate.ts";
import { canonicalPath } from "./path.ts";

/** Escaped slashes and backslashes are refused, the rest is taken. */
export const DEFAULT_ENCODED_CHARACTERS: EncodedCharacters = {
  allowEncodedSlash: false,
  allowEncodedBackSlash: false,
  allowEncodedSemicolon: true,
  allowEncodedPercent: true,
  allowEncodedQuestionMark: true,
  allowEncodedHash: true,
};

const ESCAPES: Readonly<Record<keyof EncodedCharacters, string>> = {
  allowEncodedSlash: "2F",
  allowEncodedBackSlash: "5C",
  allowEncodedSemicolon: "3B",
  allowEncodedPercent: "25",
  allowEncodedQuestionMark: "3F",
  allowEncodedHash: "23",
};

/** Matches the canonical paths that have an escape which is not allowed. */
export type RefusedEscapes = RegExp;

export function refusedEscapes(allowed: EncodedCharacters): RefusedEscapes {
  // Object.keys forgets the names, which are those of the table.
  const names = Object.keys(ESCAPES) as (keyof EncodedCharacters)[];
  const refused = names.filter((name) => !allowed[name]).map((name) => ESCAPES[name]);
  return refused.length === 0 ? /(?!)/ : new RegExp(`%(?:${refused.join("|")})`);
}

/** For requests that no route takes. */
export const DEFAULT_REFUSED_ESCAPES: RefusedEscapes = refusedEscapes(DEFAULT_ENCODED_CHARACTERS);

const READ_IN_TWO_WAYS = /;|%3B|%2F|%5C/;
const SEPARATOR = /%2F|%5C/g;
const PARAMETER = /(?:;|%3B)[^/]*/g;

/**
 * True when a server that decodes separators, or cuts parameters off, would take the canonical path for one that leads
 * to another route. A route whose own prefix has a parameter means it as it stands.
 */
export function leadsElsewhere(
  path: string,
  match: RouteMatch,
  find: (path: string) => RouteMatch | undefined,
): boolean {
  if (!READ_IN_TWO_WAYS.test(path)) return false;
  const separated = path.replace(SEPARATOR, "/");
  const readings = [separated];
  const prefix = path.slice(0, match.prefixLength);
  if (!prefix.includes(";") || !match.route.paths.includes(prefix)) {
    const cut = path.replace(PARAMETER, "");
    readings.push(cut, cut.replace(SEPARATOR, "/"), separated.replace(PARAMETER, ""));
  }
  return readings.some((reading) => {
    if (reading === path) return false;
    const other = canonicalPath(reading);
    return other === undefined || find(other)?.route !== match.route;
  });
}
