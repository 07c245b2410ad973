// What a config may give as the name of a header.
import { ConfigError } from "@sluice/plugin-sdk";

/** RFC 9110 section 5.6.2. */
export const HEADER_NAME: RegExp = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What the gateway says itself: no plugin can change it. */
const GATEWAYS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-anonymous-consumer",
  "x-real-ip",
]);
const GATEWAYS_PREFIXES = ["x-forwarded-", "x-consumer-", "x-credential-", "x-authenticated-"];

/** The name of a header that a plugin may change. Throws ConfigError for any other. */
export function changeableName(name: string, path: string): string {
  if (!HEADER_NAME.test(name)) throw new ConfigError(`"${name}" is not a valid header name`, path);
  // Backends that make variables of names take one for the other.
  const dashed = name.toLowerCase().replaceAll("_", "-");
  if (GATEWAYS.has(dashed) || GATEWAYS_PREFIXES.some((prefix) => dashed.startsWith(prefix))) {
    throw new ConfigError(`"${name}" belongs to the gateway, expected another header`, path);
  }
  return name;
}

/** Whether a header can have this value: it cannot hold what would begin another line. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}
