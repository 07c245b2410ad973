// HTTP/1.1 messages as this suite reads them: strictly, straight from RFC 9112, and by no code of the gateway.
// All text is latin-1, so that a character is a byte.

export type Header = readonly [name: string, value: string];

export interface Head {
  readonly startLine: string;
  /** In order, with the case in which they came. */
  readonly headers: readonly Header[];
}

export class MalformedMessage extends Error {}

const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;

/** Reads a head without its empty line. Throws {@link MalformedMessage}. */
export function parseHead(text: string): Head {
  const [startLine = "", ...lines] = text.split("\r\n");
  if (/[\r\n\0]/.test(startLine)) {
    throw new MalformedMessage(`control byte in start line ${JSON.stringify(startLine)}`);
  }
  const headers = lines.map((line): Header => {
    const match = FIELD_LINE.exec(line);
    if (match === null) throw new MalformedMessage(`bad field line ${JSON.stringify(line)}`);
    return [match[1] ?? "", match[2] ?? ""];
  });
  return { startLine, headers };
}

/** All values of one name, in order. */
export function valuesOf(headers: readonly Header[], name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
}

export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

/** How the body ends, or undefined when the head names no framing. Throws {@link MalformedMessage}. */
export function framingOf(headers: readonly Header[]): Framing | undefined {
  const codings = valuesOf(headers, "transfer-encoding");
  const lengths = valuesOf(headers, "content-length");
  if (codings.length > 0 && lengths.length > 0) {
    throw new MalformedMessage("Transfer-Encoding and Content-Length");
  }
  if (codings.length > 1 || (codings.length === 1 && codings[0]?.toLowerCase() !== "chunked")) {
    throw new MalformedMessage(`Transfer-Encoding: ${codings.join(" | ")}`);
  }
  if (codings.length === 1) return { kind: "chunked" };
  if (lengths.length === 0) return undefined;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0] ?? "")) {
    throw new MalformedMessage(`Content-Length: ${lengths.join(" | ")}`);
  }
  return { kind: "length", length: Number(lengths[0]) };
}

export interface ChunkedBody {
  readonly body: Buffer;
  readonly trailers: readonly Header[];
  /** Bytes of the encoded body. */
  readonly size: number;
}

/** Decodes a chunked body at the start of `bytes`; undefined when it is not complete yet. */
export function readChunked(bytes: Buffer): ChunkedBody | undefined {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at, "latin1");
    if (lineEnd < 0) return undefined;
    const line = bytes.toString("latin1", at, lineEnd);
    if (!/^[0-9A-Fa-f]{1,15}(;[\t\x20-\x7e\x80-\xff]*)?$/.test(line)) {
      throw new MalformedMessage(`chunk size line ${JSON.stringify(line.slice(0, 60))}`);
    }
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) return readTrailers(bytes, at, pieces);
    if (bytes.length < at + size + 2) return undefined;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
    if (bytes.toString("latin1", at, at + 2) !== "\r\n") {
      throw new MalformedMessage("chunk data not followed by CRLF");
    }
    at += 2;
  }
}

function readTrailers(bytes: Buffer, from: number, pieces: Buffer[]): ChunkedBody | undefined {
  const body = Buffer.concat(pieces);
  if (bytes.toString("latin1", from, from + 2) === "\r\n") {
    return { body, trailers: [], size: from + 2 };
  }
  const end = bytes.indexOf("\r\n\r\n", from, "latin1");
  if (end < 0) return undefined;
  const { headers } = parseHead(`\r\n${bytes.toString("latin1", from, end)}`);
  return { body, trailers: headers, size: end + 4 };
}
