// Whether an answer may be kept and given to somebody else later (K1): only what RFC 9111 lets a shared cache store, and less.
import type { Exchange } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";

/** How long an answer may be given, from when it was made, ms. */
export interface Lifetime {
  readonly usableMs: number;
  /** How old it was when it came (RFC 9111 §5.1). */
  readonly initialAgeMs: number;
}

/**
 * A GET of nobody in particular: without credentials in its headers and arguments, even such as a plugin has taken away,
 * and not of a consumer. The path that it took must be the route's own, and it has nothing that changes what it asks for
 * without being part of the key: a body, or another path in a header (K2).
 */
export function isAnonymousGet(exchange: Exchange): boolean {
  const { method, clientMethod, requestFields, consumer, credential, upstreamChoice } = exchange;
  if (method !== "GET" || clientMethod !== "GET") return false;
  if (consumer !== undefined || credential !== undefined || upstreamChoice !== undefined) {
    return false;
  }
  if (requestFields.names.some(({ lower }) => SPEAKING_NAME.test(lower))) return false;
  if (SPEAKING_LINE.test(requestFields.source)) return false;
  for (const name of exchange.route?.secretNames ?? []) {
    if (requestFields.get(name) !== undefined || mentions(exchange, name)) return false;
  }
  return true;
}

const CREDENTIALS = "(?:proxy-)?authorization|cookie|(?:x-)?api-?key|x-(?:auth|access|csrf)-token";
const BODY = "content-length|transfer-encoding";
const UNKEYED =
  "x-original-(?:url|uri|host)|x-rewrite-url|x-(?:http-)?host(?:-override)?|x-http-method|x-(?:http-)?method-override";
/** Backends that make variables of names take underscores for dashes. */
const SPEAKING = `(?:${CREDENTIALS}|${BODY}|${UNKEYED})`.replaceAll("-", "[-_]");
const SPEAKING_NAME = new RegExp(`^${SPEAKING}$`);
/** In the head as it came: plugins take credentials away before the upstream sees them. */
const SPEAKING_LINE = new RegExp(`\\n${SPEAKING}[ \\t]*:`, "i");

function mentions({ requestFields, query }: Exchange, name: string): boolean {
  const inHead = requestFields.source.toLowerCase().includes(`\n${name}:`);
  return inHead || (query !== "" && query.toLowerCase().includes(name));
}

/** Undefined for an answer that may not be kept. */
export function lifetimeOf(
  status: number,
  request: Fields,
  response: Fields,
): Lifetime | undefined {
  if (status !== 200 || response.get("set-cookie") !== undefined) return undefined;
  if (request.get("range") !== undefined || response.get("content-range") !== undefined) {
    return undefined;
  }
  if (directivesOf(request).has("no-store")) return undefined;
  const directives = directivesOf(response);
  for (const name of ["no-store", "private", "no-cache"])
    if (directives.has(name)) return undefined;
  const initialAgeMs = (secondsOf(response.get("age")) ?? 0) * 1000;
  const freshS = secondsOf(directives.get("s-maxage")) ?? secondsOf(directives.get("max-age"));
  const mayBeStale = !["must-revalidate", "proxy-revalidate", "s-maxage"].some((name) =>
    directives.has(name),
  );
  if (!mayBeStale) return { usableMs: (freshS ?? 0) * 1000, initialAgeMs };
  // RFC 5861 §4. Without it nothing forbids a stale answer when there is no other (RFC 9111 §4.2.4).
  const staleS = secondsOf(directives.get("stale-if-error"));
  return {
    usableMs: staleS === undefined ? Infinity : ((freshS ?? 0) + staleS) * 1000,
    initialAgeMs,
  };
}

/** Lower-case names to their arguments. A quoted argument with a comma in it ends too early, which allows nothing more. */
function directivesOf(fields: Fields): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const each of fields.all("cache-control").join(",").split(",")) {
    const [name = "", argument = ""] = each.trim().toLowerCase().split("=", 2);
    directives.set(name, argument.replaceAll('"', ""));
  }
  return directives;
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

const MAX_VARYING = 8;

/** What the answer depends on besides its key: headers and their values. Undefined when that cannot be told. */
export function varyingOf(
  request: Fields,
  response: Fields,
): readonly (readonly [name: string, value: string])[] | undefined {
  const names = response
    .all("vary")
    .join(",")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  if (names.includes("*") || names.length > MAX_VARYING) return undefined;
  return names.map((name) => [name, request.all(name).join(", ")]);
}
