// The headers that the gateway states itself, in both directions. Its own table of them has more to say (FieldRole); a test
// of the runtime holds the two together.

/** RFC 9110 §7.6.1, what frames a message, and who the client is. */
const NAMES: ReadonlySet<string> = new Set([
  "client-cert",
  "client-cert-chain",
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
const PREFIXES = ["x-forwarded-", "x-consumer-", "x-credential-", "x-authenticated-"];

/** Whether no plugin can set or remove the header, except for one that may name consumers (`consumers` in its grants). */
export function isGatewayHeader(name: string): boolean {
  // A backend may read `x_consumer_id` like `x-consumer-id` (CVE-2025-64484).
  const dashed = name.toLowerCase().replaceAll("_", "-");
  // The gateway's own unless a plugin sets it, under its one name.
  if (dashed === "x-request-id") return name.includes("_");
  return NAMES.has(dashed) || PREFIXES.some((prefix) => dashed.startsWith(prefix));
}
