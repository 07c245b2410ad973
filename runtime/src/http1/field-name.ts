// Field names met on the wire, each spelling kept once with what the gateway must know of it.

/** What a proxy does with a field of this name. */
export const FieldRole = {
  /** Forwarded as it is. */
  ordinary: 0,
  /** Meant for this connection only (RFC 9110 §7.6.1): never forwarded. */
  hopByHop: 1,
  /** Stated by the gateway: what a client sends under this name is dropped. */
  managed: 2,
  host: 3,
  contentLength: 4,
  /** The gateway's own unless a plugin sets another. */
  requestId: 5,
  date: 6,
} as const;

export interface FieldName {
  /** As spelt on the wire. */
  readonly text: string;
  readonly lower: string;
  readonly role: number;
}

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  // RFC 9113 §3.2.1 and h2c smuggling: useless without Upgrade, dangerous with it.
  "http2-settings",
  // The gateway answers Expect itself (RFC 9110 §10.1.1).
  "expect",
]);

// Kong's upstream identity and forwarding headers. A backend reads `x_consumer_id` like `x-consumer-id`
// when it maps headers to CGI variables (CVE-2025-64484), so underscores count as dashes.
const MANAGED = new Set(["forwarded", "x-real-ip", "x-anonymous-consumer"]);
const MANAGED_PREFIXES = ["x-forwarded-", "x-consumer-", "x-credential-", "x-authenticated-"];

function roleOf(lower: string): number {
  if (HOP_BY_HOP.has(lower)) return FieldRole.hopByHop;
  if (lower === "host") return FieldRole.host;
  if (lower === "content-length") return FieldRole.contentLength;
  if (lower === "x-request-id") return FieldRole.requestId;
  if (lower === "date") return FieldRole.date;
  const dashed = lower.includes("_") ? lower.replaceAll("_", "-") : lower;
  if (MANAGED.has(dashed) || MANAGED_PREFIXES.some((prefix) => dashed.startsWith(prefix))) {
    return FieldRole.managed;
  }
  // `Content_Length` and the like: a backend may take them for the real ones.
  if (dashed !== lower && (HOP_BY_HOP.has(dashed) || dashed === "content-length")) {
    return FieldRole.hopByHop;
  }
  return FieldRole.ordinary;
}

/** Names are chosen by strangers: past this many spellings, new ones are not kept. */
const MAX_KEPT = 2048;
const MAX_KEPT_LENGTH = 64;
const kept = new Map<string, FieldName>();

/** The field name for one spelling. */
export function fieldName(text: string): FieldName {
  const known = kept.get(text);
  if (known !== undefined) return known;
  // A copy of its own: a slice would keep the whole head it was cut from alive.
  const copy = Buffer.from(text, "latin1").toString("latin1");
  const lower = copy.toLowerCase();
  const name: FieldName = { text: copy, lower, role: roleOf(lower) };
  if (kept.size < MAX_KEPT && text.length <= MAX_KEPT_LENGTH) kept.set(copy, name);
  return name;
}
