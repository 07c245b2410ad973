// What a copy of a request says: not who asked, unless that is wanted.
import type { ReadableFields } from "@sluice/plugin-sdk";

export interface MirrorRules {
  /** Lower case. */
  readonly removed: ReadonlySet<string>;
  readonly forwardsCredentials: boolean;
}

/** Of one connection, or what the gateway writes itself. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
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
]);

const CREDENTIALS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "apikey",
  "api-key",
  "x-api-key",
  "x-auth-token",
  "x-csrf-token",
  "client-cert",
  "x-forwarded-client-cert",
]);
const IDENTITY_PREFIXES = ["x-consumer-", "x-credential-", "x-authenticated-", "x-anonymous-"];

/** As many as one request may have. */
const MAX_HEADERS = 90;

export function mirroredHeaders(
  fields: ReadableFields,
  { removed, forwardsCredentials }: MirrorRules,
): [name: string, value: string][] {
  const headers: [name: string, value: string][] = [];
  for (const name of fields.headerNames()) {
    if (NOT_COPIED.has(name) || removed.has(name)) continue;
    if (!forwardsCredentials && isAboutClient(name)) continue;
    for (const value of fields.headers(name)) headers.push([name, value]);
  }
  return headers.slice(0, MAX_HEADERS);
}

function isAboutClient(name: string): boolean {
  const dashed = name.replaceAll("_", "-");
  return CREDENTIALS.has(dashed) || IDENTITY_PREFIXES.some((prefix) => dashed.startsWith(prefix));
}
