// The compact form of a JWS (RFC 7515 §3.1), read as strictly as the RFC writes it: one token has one spelling only, so
// that a list of revoked ones cannot be slipped by (J9).

/** Of a token, characters. */
export const MAX_TOKEN_LENGTH = 16_384;

export type JsonObject = Readonly<Record<string, unknown>>;

export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** What the signature is of. */
  readonly signed: Buffer;
}

/** Undefined for what is none. */
export function readCompactJws(token: string): CompactJws | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const parts = token.split(".", 4);
  const [headerPart, payloadPart, signaturePart] = parts;
  if (parts.length !== 3 || headerPart === undefined) return undefined;
  const headerBytes = decodeBase64url(headerPart);
  const payload = decodeBase64url(payloadPart ?? "");
  const signature = decodeBase64url(signaturePart ?? "");
  if (headerBytes === undefined || payload === undefined || signature === undefined) {
    return undefined;
  }
  const header = readJsonObject(headerBytes);
  if (header === undefined) return undefined;
  const signed = Buffer.from(token.slice(0, headerPart.length + 1 + (payloadPart ?? "").length));
  return { header, payload, signature, signed };
}

/** Undefined unless it is exactly what encoding its bytes gives: no padding, no spaces, no loose bits. */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An object in valid UTF-8 none of whose own names occurs twice (RFC 8725 §2.4, RFC 7519 §4). */
export function readJsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return undefined;
    return countMembers(text) === Object.keys(value).length ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members of the outermost object of a valid JSON text, repeated ones included: each has one colon. */
function countMembers(text: string): number {
  let members = 0;
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isInString) {
      if (character === "\\") at++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === ":" && depth === 1) members++;
  }
  return members;
}
