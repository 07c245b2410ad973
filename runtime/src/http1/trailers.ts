// Trailer sections (RFC 9110 §6.5, RFC 9112 §7.1.2): read apart from the header section and never merged into it (H26).
import { TOKEN_CHARACTERS, VALUE_CHARACTERS } from "./characters.ts";
import { FieldRole, fieldName } from "./field-name.ts";
import type { FieldName } from "./field-name.ts";
import { Fields } from "./fields.ts";

const MAX_TRAILER_BYTES = 8192;
const MAX_TRAILERS = 64;

export type TrailerState = "more" | "done" | "malformed" | "too_large";

const Step = { lineStart: 0, name: 1, value: 2, lineFeed: 3, end: 4 } as const;

/** Reads one trailer section, byte by byte, up to the empty line that ends it. */
export class TrailerReader {
  #step: number = Step.lineStart;
  #text = "";
  #lines = 0;

  read(byte: number): TrailerState {
    if (this.#text.length >= MAX_TRAILER_BYTES || this.#lines > MAX_TRAILERS) return "too_large";
    this.#text += String.fromCharCode(byte);
    if (this.#step === Step.end) return byte === 10 ? "done" : "malformed";
    return this.#take(byte) ? "more" : "malformed";
  }

  /** False when the byte may not stand here. */
  #take(byte: number): boolean {
    switch (this.#step) {
      case Step.lineStart:
        this.#step = byte === 13 ? Step.end : Step.name;
        if (byte !== 13) this.#lines++;
        return byte === 13 || TOKEN_CHARACTERS[byte] === 1;
      case Step.name:
        // A field line is a name and a colon: two bytes without one may be another parser's next request (H12).
        if (byte === 58) this.#step = Step.value;
        return byte === 58 || TOKEN_CHARACTERS[byte] === 1;
      case Step.value:
        if (byte === 13) this.#step = Step.lineFeed;
        return byte === 13 || VALUE_CHARACTERS[byte] === 1;
      default:
        this.#step = Step.lineStart;
        return byte === 10;
    }
  }

  /** Those of the whole section that may go on. */
  forwardable(): Fields | undefined {
    const fields = new Fields();
    for (const line of this.#text.split("\r\n")) {
      const colon = line.indexOf(":");
      if (colon < 0) continue;
      const name = fieldName(line.slice(0, colon));
      if (mayBeTrailer(name))
        fields.push(name, line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, ""));
    }
    return fields.length === 0 ? undefined : fields;
  }
}

// RFC 9110 §6.5.1: what frames, routes, authenticates or modifies a message, or says how to read its content, means
// nothing behind it, and something bad to a recipient that merges it into the header section.
const NEVER_TRAILERS = new Set([
  "age",
  "authorization",
  "cache-control",
  "cookie",
  "expires",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "location",
  "max-forwards",
  "origin",
  "pragma",
  "range",
  "retry-after",
  "set-cookie",
  "user-agent",
  "vary",
  "via",
  "warning",
  "www-authenticate",
]);

function mayBeTrailer({ lower, role }: FieldName): boolean {
  if (role !== FieldRole.ordinary) return false;
  const dashed = lower.replaceAll("_", "-");
  // RFC 9530 §2: a digest may follow what it is the digest of.
  if (dashed.startsWith("content-")) return lower === "content-digest";
  return !dashed.startsWith("accept") && !NEVER_TRAILERS.has(dashed);
}

/** The Trailer line of a head whose trailers are forwarded, or nothing. */
export function trailerLine(head: Fields): string {
  if (head.get("trailer") === undefined) return "";
  const names = head
    .all("trailer")
    .flatMap((value) => value.split(","))
    .map((name) => fieldName(name.trim()))
    .filter((name) => name.isToken && mayBeTrailer(name))
    .map((name) => name.text);
  return names.length === 0 ? "" : `Trailer: ${names.join(", ")}\r\n`;
}
