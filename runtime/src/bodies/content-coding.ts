// Which responses may be compressed on their way to the client, and what their head says then.
import type { Exchange } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import { frameResponse, mayHaveBody } from "./new-framing.ts";

/** Names of RFC 9110 section 8.4.1 that a body can be encoded with, and the levels that each has. */
export const CODING_LEVELS = {
  gzip: { least: 1, most: 9 },
  deflate: { least: 1, most: 9 },
  br: { least: 0, most: 11 },
} as const;

export type Coding = keyof typeof CODING_LEVELS;

/** How a plugin wants the body to be encoded. */
export interface ResponseCoding {
  readonly coding: Coding;
  /** Undefined for the usual one. */
  readonly level: number | undefined;
}

/** Partial content has the offsets of what it is part of, so nobody may change its coding. */
const PARTIAL_CONTENT = 206;

export function mayEncode(exchange: Exchange): boolean {
  const { status, responseFields, responseFraming } = exchange;
  if (!mayHaveBody(exchange) || status === PARTIAL_CONTENT) return false;
  if (responseFraming?.kind === "tunnel" || responseFraming?.kind === "none") return false;
  if (responseFraming?.kind === "length" && responseFraming.length === 0) return false;
  if (responseFields.get("content-range") !== undefined) return false;
  // What is encoded already would have to be decoded twice; RFC 9110 section 7.7 forbids to transform the other.
  return !isEncoded(responseFields) && !forbidsTransforms(responseFields);
}

function isEncoded(fields: Fields): boolean {
  return fields.all("content-encoding").some((value) => value.toLowerCase() !== "identity");
}

function forbidsTransforms(fields: Fields): boolean {
  return fields
    .all("cache-control")
    .some((value) => /(?:^|[,\s])no-transform(?:$|[,\s])/i.test(value));
}

/** The head of the encoded response. */
export function stateCoding(exchange: Exchange, coding: Coding): void {
  const { responseFields } = exchange;
  responseFields.set("Content-Encoding", coding);
  frameResponse(exchange, undefined);
  // They are about the bytes before.
  for (const name of ["accept-ranges", "content-md5", "content-digest", "digest"]) {
    responseFields.remove(name);
  }
  const etag = responseFields.get("etag");
  // RFC 9110 section 8.8.1: what compares bytes must not take one coding for the other.
  if (etag !== undefined && !etag.startsWith("W/")) responseFields.set("ETag", `W/${etag}`);
}
