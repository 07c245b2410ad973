// Which header fields a proxy passes on, by RFC 9110 §7.6.1 and the gateway's README: what is left of a message's
// headers on one side of the gateway must be what is left of them on the other, in number, order, case and bytes.
import { valuesOf } from "./message.ts";
import type { Header } from "./message.ts";

const HOP_BY_HOP = new Set([
  "connection",
  "expect",
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

/** Stated by the gateway: identity, forwarding and its own id; `_` counts as `-`. */
const MANAGED =
  /^(?:forwarded|host|via|x-anonymous-consumer|x-real-ip|x-request-id|x-(?:forwarded|consumer|credential|authenticated)-.*)$/;

/** Never taken away by being named in Connection. */
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

/** The fields of a request that pass, in order. */
export function endToEndOfRequest(headers: readonly Header[]): Header[] {
  return endToEnd(headers).filter(([name]) => !MANAGED.test(dashed(name)));
}

/** The fields of a response that pass, in order. Date is one of them, and the gateway's to add where it is missing. */
export function endToEndOfResponse(headers: readonly Header[], status: number): Header[] {
  return endToEnd(headers).filter(([name]) => {
    const lower = name.toLowerCase();
    // RFC 9110 §8.6: these have no length to tell.
    if ((status < 200 || status === 204) && lower === "content-length") return false;
    return lower !== "via" && lower !== "x-request-id";
  });
}

/** Fields of this name are gone on the other side, whatever they say. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(dashed(name));
}

function endToEnd(headers: readonly Header[]): Header[] {
  const nominated = new Set(
    valuesOf(headers, "connection")
      .flatMap((value) => value.split(","))
      .map((option) => option.trim().toLowerCase())
      .filter((option) => !NOT_NOMINABLE.has(option)),
  );
  return headers
    .filter(([name]) => !isHopByHop(name) && !nominated.has(name.toLowerCase()))
    .filter(([name]) => dashed(name) !== "content-length" || !name.includes("_"))
    .map(([name, value]) => [name, canonicalLength(name, value)]);
}

function dashed(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/** `010` is ten, and goes on as `10` (threat H6). */
function canonicalLength(name: string, value: string): string {
  return name.toLowerCase() === "content-length" ? value.replace(/^0+(?=\d)/, "") : value;
}
