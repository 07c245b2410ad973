// Whether a body is the one that its Digest header tells of (RFC 3230, as Kong has it).
import { digest, timingSafeEqual } from "@sluice/plugin-sdk";

const PREFIX = /^SHA-256=/i;

/** Without the header, an empty body is right. */
export function isBodyDigest(headers: readonly string[], body: Uint8Array): boolean {
  const [given] = headers;
  if (given === undefined) return body.length === 0;
  if (headers.length > 1 || !PREFIX.test(given)) return false;
  return timingSafeEqual(given.replace(PREFIX, ""), digest("SHA-256", body, "base64"));
}
