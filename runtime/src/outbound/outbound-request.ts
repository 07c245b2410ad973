// A request of a plugin to some other server, and what it may say.
import { VALUE_CHARACTERS, consistsOf, isToken } from "../http1/characters.ts";
import { FieldRole, fieldName } from "../http1/field-name.ts";
import { FetchFailed } from "./fetch-failed.ts";

/** Name and value, as they go over the wire. */
export type OutboundField = readonly [name: string, value: string];

export type RedirectMode = "follow" | "manual" | "error";

export interface OutboundRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly OutboundField[];
  readonly body: Buffer;
  readonly timeoutMs: number;
  readonly redirect: RedirectMode;
  /** Of the response's body. */
  readonly maxBytes: number;
  /** How long the connection is kept for another request, ms; 4000 when it says nothing. */
  readonly keepAliveMs?: number;
}

export interface OutboundResponse {
  readonly status: number;
  /** The last one, after redirects, without the fragment. */
  readonly url: string;
  readonly headers: readonly OutboundField[];
  readonly body: Buffer;
}

export const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 60_000;
export const DEFAULT_MAX_BYTES = 1_048_576;
const MAX_MAX_BYTES: number = 8 * 1_048_576;
const MAX_HEADERS = 100;
const MAX_HEADER_BYTES = 32_768;
const MAX_URL_CHARACTERS = 8192;

/** Throws {@link FetchFailed}. */
export function checkRequest(request: OutboundRequest): void {
  const { method, headers, body, timeoutMs, maxBytes } = request;
  // TRACE shows headers to whoever reads the answer, CONNECT is no request for a resource.
  if (!isToken(method) || /^(?:connect|trace)$/i.test(method)) {
    throw invalid(`the method ${JSON.stringify(method.slice(0, 40))} is not allowed`);
  }
  if (body.length > 0 && (method === "GET" || method === "HEAD")) {
    throw invalid(`a ${method} has no body`);
  }
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw invalid(`the timeout must be from 1 to ${MAX_TIMEOUT_MS} ms, not ${timeoutMs}`);
  }
  if (!(maxBytes >= 0 && maxBytes <= MAX_MAX_BYTES)) {
    throw invalid(`a response may have up to ${MAX_MAX_BYTES} bytes, not ${maxBytes}`);
  }
  checkHeaders(headers);
}

function checkHeaders(headers: readonly OutboundField[]): void {
  let bytes = 0;
  for (const [name, value] of headers) {
    const known = fieldName(name);
    if (!known.isToken) throw invalid(`${JSON.stringify(name.slice(0, 40))} is no header name`);
    if (!consistsOf(value, VALUE_CHARACTERS)) {
      throw invalid(`the value of the header ${name} has a character that HTTP does not allow`);
    }
    // What says where a message ends or who it is for is the gateway's.
    if (ITS_OWN.has(known.role)) throw invalid(`the header ${name} is made by the gateway`);
    bytes += name.length + value.length;
  }
  if (headers.length > MAX_HEADERS || bytes > MAX_HEADER_BYTES) {
    throw new FetchFailed("limit", "the request has too many or too large headers");
  }
}

const ITS_OWN: ReadonlySet<number> = new Set([
  FieldRole.hopByHop,
  FieldRole.host,
  FieldRole.contentLength,
]);

/** The URL to connect to, relative to the one that redirects. Throws {@link FetchFailed}. */
export function outboundUrl(text: string, base?: URL): URL {
  const refused = (message: string): FetchFailed =>
    base === undefined
      ? new FetchFailed("invalid", `the URL ${message}`)
      : new FetchFailed("redirect", `the URL of a redirect ${message}`);
  if (text.length > MAX_URL_CHARACTERS) throw refused("is too long");
  const url = URL.parse(text, base?.href);
  if (url === null) throw refused("cannot be parsed");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refused(`has the scheme ${url.protocol.slice(0, -1)}, not http or https`);
  }
  if (url.username !== "" || url.password !== "") {
    throw refused("has a user or password: those belong into the Authorization header");
  }
  url.hash = "";
  return url;
}

/** The port that the URL says or its scheme means. */
export function portOf(url: URL): number {
  return url.port === "" ? schemePort(url) : Number(url.port);
}

export function schemePort(url: URL): number {
  return url.protocol === "https:" ? 443 : 80;
}

function invalid(message: string): FetchFailed {
  return new FetchFailed("invalid", message);
}
