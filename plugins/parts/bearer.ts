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

/** Every different token that the request has: a client that sends two says nothing that can be relied on. */
export function tokensOf(request: MutableRequest, places: TokenPlaces): readonly string[] {
  const found: string[] = [];
  for (const name of places.query) for (const value of request.queryArgs(name)) add(found, value);
  for (const name of places.cookies) add(found, request.cookie(name) ?? "");
  for (const name of places.headers) {
    for (const value of request.headers(name)) add(found, bearerToken(value) ?? "");
  }
  return found;
}

/** The token of an Authorization value, if it is of the scheme Bearer. */
export function bearerToken(value: string): string | undefined {
  // Nearly all are written like this, and a regular expression costs more than the rest of the plugin.
  if (value.startsWith("Bearer ") && value.charCodeAt(7) > 32) return value.slice(7);
  return BEARER.exec(value)?.[1];
}

function add(found: string[], token: string): void {
  if (token !== "" && !found.includes(token)) found.push(token);
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
