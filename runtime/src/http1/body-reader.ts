// Cuts a message's body out of the bytes of a connection, by its framing (RFC 9112 §6 and §7).
import { TOKEN_CHARACTERS, VALUE_CHARACTERS } from "./characters.ts";
import type { Framing } from "./framing.ts";

/** Takes a piece of body, a view of the bytes read. */
export type BodySink = (piece: Buffer) => void;

export type BodyState = "more" | "done" | "malformed";

/** Chunk extensions are dropped; a peer that sends more of them than this, over one body, is attacking (H13). */
const MAX_EXTENSION_BYTES = 4096;
/** Trailer section, bytes. */
const MAX_TRAILER_BYTES = 8192;
/** 2^52 and less: chunk sizes stay exact numbers. */
const MAX_SIZE_DIGITS = 13;

const Step = {
  extensionStart: -1,
  size: 0,
  extension: 1,
  sizeEnd: 2,
  data: 3,
  dataCr: 4,
  dataLf: 5,
  trailerStart: 6,
  trailerName: 7,
  trailer: 8,
  trailerLf: 9,
  endLf: 10,
} as const;

/** Reads one body. Make a new one for each message. */
export class BodyReader {
  state: BodyState = "more";
  readonly #isChunked: boolean;
  /** Bytes left in the body or in the current chunk; Infinity until close. */
  #left: number;
  #step: number = Step.size;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;

  constructor(framing: Framing) {
    this.#isChunked = framing.kind === "chunked";
    this.#left =
      framing.kind === "length" ? framing.length : framing.kind === "close" ? Infinity : 0;
    if (framing.kind === "none") this.state = "done";
  }

  /** Bytes that must still come for the body to be whole; Infinity when unknown. */
  get missing(): number {
    if (this.state === "done") return 0;
    return this.#isChunked ? Infinity : this.#left;
  }

  /** Takes bytes from `offset` on, hands pieces to the sink, returns the offset behind what was read. */
  read(chunk: Buffer, offset: number, sink: BodySink): number {
    return this.#isChunked
      ? this.#readChunked(chunk, offset, sink)
      : this.#readPlain(chunk, offset, sink);
  }

  #readPlain(chunk: Buffer, offset: number, sink: BodySink): number {
    const size = Math.min(this.#left, chunk.length - offset);
    if (size > 0) {
      this.#left -= size;
      if (this.#left === 0) this.state = "done";
      sink(offset === 0 && size === chunk.length ? chunk : chunk.subarray(offset, offset + size));
    }
    return offset + size;
  }

  #readChunked(chunk: Buffer, start: number, sink: BodySink): number {
    let at = start;
    while (at < chunk.length && this.state === "more") {
      if (this.#step === Step.data) {
        const end = Math.min(chunk.length, at + this.#left);
        this.#left -= end - at;
        if (this.#left === 0) this.#step = Step.dataCr;
        sink(chunk.subarray(at, end));
        at = end;
        continue;
      }
      if (!this.#readFramingByte(chunk[at++] ?? 0)) this.state = "malformed";
    }
    return at;
  }

  /** Takes one byte that is not chunk data; false when it may not stand here. */
  #readFramingByte(byte: number): boolean {
    switch (this.#step) {
      case Step.size:
        return this.#readSizeByte(byte);
      case Step.extensionStart:
        // RFC 9112 §7.1.1: an extension has a name.
        if (byte === 32 || byte === 9) return ++this.#extensionBytes <= MAX_EXTENSION_BYTES;
        this.#step = Step.extension;
        return TOKEN_CHARACTERS[byte] === 1;
      case Step.extension:
        if (byte === 13) this.#step = Step.sizeEnd;
        else if (VALUE_CHARACTERS[byte] !== 1) return false;
        return ++this.#extensionBytes <= MAX_EXTENSION_BYTES;
      case Step.sizeEnd:
        this.#step = this.#left === 0 ? Step.trailerStart : Step.data;
        return byte === 10;
      case Step.dataCr:
        this.#step = Step.dataLf;
        return byte === 13;
      case Step.dataLf:
        this.#step = Step.size;
        this.#digits = 0;
        return byte === 10;
      default:
        return this.#readTrailerByte(byte);
    }
  }

  #readSizeByte(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      return ++this.#digits <= MAX_SIZE_DIGITS;
    }
    if (this.#digits === 0) return false;
    if (byte === 13) this.#step = Step.sizeEnd;
    else if (byte === 59) this.#step = Step.extensionStart;
    else return false;
    return true;
  }

  /** Trailers are read to find the end and dropped: nothing in them may change how the message was judged (H26). */
  #readTrailerByte(byte: number): boolean {
    if (++this.#trailerBytes > MAX_TRAILER_BYTES) return false;
    switch (this.#step) {
      case Step.trailerStart:
        this.#step = byte === 13 ? Step.endLf : Step.trailerName;
        return byte === 13 || TOKEN_CHARACTERS[byte] === 1;
      case Step.trailerName:
        // A field line is a name and a colon: two bytes without one may be another parser's next request (H12).
        if (byte === 58) this.#step = Step.trailer;
        return byte === 58 || TOKEN_CHARACTERS[byte] === 1;
      case Step.trailer:
        if (byte === 13) this.#step = Step.trailerLf;
        return byte === 13 || VALUE_CHARACTERS[byte] === 1;
      case Step.trailerLf:
        this.#step = Step.trailerStart;
        return byte === 10;
      default:
        this.state = byte === 10 ? "done" : "malformed";
        return byte === 10;
    }
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
