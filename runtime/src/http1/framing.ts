// Where a message ends (RFC 9112 §6) and whether its connection lives on (§9.3), decided once from the whole head.
// Anything that two parsers could read in two ways is refused.
import type { Fields } from "./fields.ts";

/** How the body is delimited. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" }
  /** After 101: no message any more, but bytes of another protocol, both ways (RFC 9110 §7.8). */
  | { readonly kind: "tunnel" };

export const NO_BODY: Framing = { kind: "none" };
export const CHUNKED: Framing = { kind: "chunked" };
export const UNTIL_CLOSE: Framing = { kind: "close" };
export const TUNNEL: Framing = { kind: "tunnel" };

/** What the fields say of the connection and the body; `undefined` from {@link readControls} when they conflict. */
export interface Controls {
  /** From Content-Length; undefined when there is none. */
  readonly length: number | undefined;
  readonly isChunked: boolean;
  readonly wantsClose: boolean;
  readonly wantsKeepAlive: boolean;
  /** Connection names Upgrade: without that the field means nothing (RFC 9110 §7.8). */
  readonly wantsUpgrade: boolean;
  /** TE says `trailers` (RFC 9110 §10.1.4). */
  readonly acceptsTrailers: boolean;
  /** Lower-case names that Connection nominates, beyond the usual hop-by-hop ones. */
  readonly nominated: readonly string[] | undefined;
}

const NO_CONTROLS: Controls = {
  length: undefined,
  isChunked: false,
  wantsClose: false,
  wantsKeepAlive: false,
  wantsUpgrade: false,
  acceptsTrailers: false,
  nominated: undefined,
};

/** Reads Content-Length, Transfer-Encoding and Connection; undefined when they are malformed or conflict. */
export function readControls(fields: Fields, minorVersion: number): Controls | undefined {
  let length: number | undefined;
  let isChunked = false;
  let acceptsTrailers = false;
  let connection: string | undefined;
  for (let at = 0; at < fields.length; at++) {
    const name = fields.names[at];
    if (name === undefined || name.role === 0) continue;
    switch (name.lower) {
      case "content-length": {
        // Even equal duplicates are refused: the smuggling class of CVE-2023-40225 and CVE-2026-1525.
        if (length !== undefined) return undefined;
        const value = fields.values[at] ?? "";
        length = readLength(value);
        if (length === undefined) return undefined;
        // `010` is 10 here: whoever gets it next must not read 8 (H6).
        if (value.length > 1 && value.startsWith("0")) fields.setAt(at, String(length));
        break;
      }
      case "transfer-encoding":
        if (isChunked || fields.values[at]?.toLowerCase() !== "chunked") return undefined;
        isChunked = true;
        break;
      case "te":
        acceptsTrailers ||= TRAILERS.test(fields.values[at] ?? "");
        break;
      case "connection":
        connection =
          connection === undefined ? fields.values[at] : `${connection},${fields.values[at]}`;
        break;
    }
  }
  // RFC 9112 §6.1: both at once, or chunked on HTTP/1.0, is how requests are smuggled.
  if (isChunked && (length !== undefined || minorVersion === 0)) return undefined;
  if (connection === undefined) {
    if (length === undefined && !isChunked && !acceptsTrailers) return NO_CONTROLS;
    return {
      length,
      isChunked,
      wantsClose: false,
      wantsKeepAlive: false,
      wantsUpgrade: false,
      acceptsTrailers,
      nominated: undefined,
    };
  }
  if (connection === "keep-alive") {
    return {
      length,
      isChunked,
      wantsClose: false,
      wantsKeepAlive: true,
      wantsUpgrade: false,
      acceptsTrailers,
      nominated: undefined,
    };
  }
  return { length, isChunked, acceptsTrailers, ...readConnection(connection) };
}

const TRAILERS = /(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i;

function readLength(value: string): number | undefined {
  // 15 digits stay below 2^53, so arithmetic on them is exact.
  if (value.length === 0 || value.length > 15) return undefined;
  let length = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    length = length * 10 + digit;
  }
  return length;
}

// RFC 9110 §7.6.1 forbids nominating fields meant for all recipients; these would change how the request is read
// or who it comes from (T4).
const NOT_NOMINABLE = new Set([
  "authorization",
  "cache-control",
  "content-length",
  "content-type",
  "cookie",
  "host",
  "set-cookie",
  "transfer-encoding",
  "via",
]);

type ConnectionOptions = Pick<
  Controls,
  "wantsClose" | "wantsKeepAlive" | "wantsUpgrade" | "nominated"
>;

function readConnection(value: string): ConnectionOptions {
  let wantsUpgrade = false;
  let wantsClose = false;
  let wantsKeepAlive = false;
  let nominated: string[] | undefined;
  for (const option of value.split(",")) {
    const token = option.trim().toLowerCase();
    if (token === "close") wantsClose = true;
    else if (token === "keep-alive") wantsKeepAlive = true;
    else if (token === "upgrade") wantsUpgrade = true;
    else if (token !== "" && !NOT_NOMINABLE.has(token)) (nominated ??= []).push(token);
  }
  return { wantsClose, wantsKeepAlive, wantsUpgrade, nominated };
}

/**
 * Takes away what Connection nominates. It is done when a head is read: what plugins add later is none of the peer's
 * to remove (T4, CVE-2025-48865).
 */
export function dropNominated(fields: Fields, { nominated }: Controls): void {
  if (nominated === undefined) return;
  const names = new Set(nominated);
  for (let at = fields.length - 1; at >= 0; at--) {
    if (names.has(fields.names[at]?.lower ?? "")) fields.removeAt(at);
  }
}

/** Framing of a request's body. */
export function requestFraming(controls: Controls): Framing {
  if (controls.isChunked) return CHUNKED;
  return controls.length === undefined || controls.length === 0
    ? NO_BODY
    : { kind: "length", length: controls.length };
}

/** Framing of a final response's body (RFC 9112 §6.3). */
export function responseFraming(controls: Controls, status: number, method: string): Framing {
  if (method === "HEAD" || status === 204 || status === 304) return NO_BODY;
  if (controls.isChunked) return CHUNKED;
  if (controls.length === undefined) return UNTIL_CLOSE;
  return controls.length === 0 ? NO_BODY : { kind: "length", length: controls.length };
}
