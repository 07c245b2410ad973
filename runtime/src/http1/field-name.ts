// Field names met on the wire, each spelling kept once with what the gateway must know of it.

import { isToken } from "./characters.ts";

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
  /** Says who the client is: the gateway's, or that of a plugin that may name consumers. */
  identity: 7,
} as const;

export interface FieldName {
  /** As spelt on the wire. */
  readonly text: string;
  readonly lower: string;
  readonly role: number;
  /** Begins a member of a JSON object: the lower-case name in quotes and a colon. */
  readonly jsonKey: string;
  /** RFC 9110 §5.1: what is no token is no field name. */
  readonly isToken: boolean;
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
const MANAGED = new Set([
  "forwarded",
  "x-real-ip",
  "x-anonymous-consumer",
  // RFC 9440 §2.4: from anybody but the TLS terminator they are a forgery (A10).
  "client-cert",
  "client-cert-chain",
]);
const MANAGED_PREFIXES = ["x-forwarded-", "x-consumer-", "x-credential-", "x-authenticated-"];

/** What authentication plugins say beside the gateway's own word on consumer and credential. */
const IDENTITY = /^x-(?:consumer-groups$|authenticated-|credential-(?!identifier$))/;

function roleOf(lower: string): number {
  if (HOP_BY_HOP.has(lower)) return FieldRole.hopByHop;
  if (lower === "host") return FieldRole.host;
  if (lower === "content-length") return FieldRole.contentLength;
  if (lower === "x-request-id") return FieldRole.requestId;
  if (lower === "date") return FieldRole.date;
  const dashed = lower.includes("_") ? lower.replaceAll("_", "-") : lower;
  if (IDENTITY.test(lower)) return FieldRole.identity;
  if (MANAGED.has(dashed) || MANAGED_PREFIXES.some((prefix) => dashed.startsWith(prefix))) {
    return FieldRole.managed;
  }
  if (dashed === lower) return FieldRole.ordinary;
  // `Content_Length` and the like: a backend may take them for the real ones.
  if (HOP_BY_HOP.has(dashed) || dashed === "content-length") return FieldRole.hopByHop;
  if (dashed === "x-request-id") return FieldRole.managed;
  return FieldRole.ordinary;
}

/** Names are chosen by strangers: past this many spellings, new ones are not kept. */
const MAX_KEPT = 2048;
const MAX_KEPT_LENGTH = 64;
const BUCKETS = 4096;
/** Names with one hash on purpose must not make look-ups slow. */
const MAX_BUCKET = 8;
const buckets: FieldName[][] = Array.from({ length: BUCKETS }, () => []);
let kept = 0;

/** One more character of a name's hash, which starts at 0. */
export function hashStep(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}

/** The field name for one spelling. */
export function fieldName(text: string): FieldName {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = hashStep(hash, text.charCodeAt(at));
  return fieldNameAt(text, 0, text.length, hash);
}

/** The same for a part of a text whose hash is known: a name that is kept is found without cutting it out. */
export function fieldNameAt(text: string, start: number, end: number, hash: number): FieldName {
  const bucket = buckets[hash & (BUCKETS - 1)] ?? [];
  for (const name of bucket) {
    if (name.text.length === end - start && text.startsWith(name.text, start)) return name;
  }
  return keep(bucket, text.slice(start, end));
}

/** The same for bytes: a name that is kept is found without making a string of them. */
export function fieldNameOf(bytes: Uint8Array, start: number, end: number): FieldName {
  let hash = 0;
  for (let at = start; at < end; at++) hash = hashStep(hash, bytes[at] ?? 0);
  const bucket = buckets[hash & (BUCKETS - 1)] ?? [];
  for (const name of bucket) {
    if (name.text.length === end - start && isAt(bytes, start, name.text)) return name;
  }
  return keep(bucket, Buffer.from(bytes.subarray(start, end)).toString("latin1"));
}

function isAt(bytes: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (bytes[start + at] !== text.charCodeAt(at)) return false;
  }
  return true;
}

function keep(bucket: FieldName[], text: string): FieldName {
  // A copy of its own: a slice would keep the whole head it was cut from alive.
  const copy = Buffer.from(text, "latin1").toString("latin1");
  const lower = copy.toLowerCase();
  const name: FieldName = {
    text: copy,
    lower,
    role: roleOf(lower),
    jsonKey: `${JSON.stringify(lower)}:`,
    isToken: isToken(copy),
  };
  if (kept < MAX_KEPT && bucket.length < MAX_BUCKET && copy.length <= MAX_KEPT_LENGTH) {
    kept++;
    bucket.push(name);
  }
  return name;
}
