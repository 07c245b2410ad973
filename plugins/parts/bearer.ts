// Where a bearer token may be (RFC 6750 §2, and Kong's places).
import type { MutableRequest } from "@sluice/plugin-sdk";

/** Longer ones are refused before anything looks at them (RFC 8725 §3.11 asks for some bound). */
export const MAX_TOKEN_CHARACTERS = 16_384;

const BEARER = /^\s*[Bb]earer\s+(.+)$/;

/** Names of places, each looked at. */
export interface TokenPlaces {
  readonly headers: readonly string[];
  readonly query: readonly string[];
  readonly cookies: readonly string[];
}

/**
 * Every different token that the request has: a client that sends two says nothing that can be relied on. By index,
 * because in QuickJS an iterator costs as much as a look at the request.
 */
export function tokensOf(request: MutableRequest, places: TokenPlaces): readonly string[] {
  const { query, cookies, headers } = places;
  const found: string[] = [];
  for (let at = 0; at < query.length; at++) addAll(found, request.queryArgs(query[at] as string));
  for (let at = 0; at < cookies.length; at++) {
    add(found, request.cookie(cookies[at] as string));
  }
  for (let at = 0; at < headers.length; at++) {
    const values = request.headers(headers[at] as string);
    for (let line = 0; line < values.length; line++) {
      add(found, bearerToken(values[line] as string));
    }
  }
  return found;
}

/** The token of an Authorization value, if it is of the scheme Bearer. */
export function bearerToken(value: string): string | undefined {
  // Nearly all are written like this, and a regular expression costs more than the rest of the plugin.
  if (value.startsWith("Bearer ") && value.charCodeAt(7) > 32) return value.slice(7);
  return BEARER.exec(value)?.[1];
}

function addAll(found: string[], tokens: readonly string[]): void {
  for (let at = 0; at < tokens.length; at++) add(found, tokens[at]);
}

function add(found: string[], token: string | undefined): void {
  if (token === undefined || token === "") return;
  if (found.length === 0 || !found.includes(token)) found.push(token);
}

/** Takes the tokens out of the request before it goes upstream. */
export function hideTokens(request: MutableRequest, places: TokenPlaces): void {
  for (const name of places.query) {
    if (request.queryArg(name) !== undefined) request.removeQueryArg(name);
  }
  for (const name of places.headers) {
    if (request.headers(name).some((value) => BEARER.test(value))) request.removeHeader(name);
  }
  if (places.cookies.some((name) => request.cookie(name) !== undefined)) {
    hideCookies(request, places.cookies);
  }
}

function hideCookies(request: MutableRequest, names: readonly string[]): void {
  const left = request
    .headers("cookie")
    .flatMap((line) => line.split(";"))
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "" && !names.includes((pair.split("=", 1)[0] ?? "").trim()));
  if (left.length === 0) request.removeHeader("cookie");
  else request.setHeader("cookie", left.join("; "));
}
