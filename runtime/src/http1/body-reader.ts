// Cuts a message's body out of the bytes of a connection, by its framing (RFC 9112 §6 and §7).
import { TOKEN_CHARACTERS, VALUE_CHARACTERS } from "./characters.ts";
import type { Fields } from "./fields.ts";
import type { Framing } from "./framing.ts";
import { TrailerReader } from "./trailers.ts";
import type { TrailerState } from "./trailers.ts";

/** Takes a piece of body, a view of the bytes read. */
export type BodySink = (piece: Buffer) => void;

/** `too_large` is said of the trailers: a body has no limit here. */
export type BodyState = TrailerState;

/** Chunk extensions are dropped; a peer that sends more of them than this, over one body, is attacking (H13). */
const MAX_EXTENSION_BYTES = 4096;
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
  endLf: 7,
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
  #isQuoted = false;
  #isEscaped = false;
  #trailers: TrailerReader | undefined;

  constructor(framing: Framing) {
    this.#isChunked = framing.kind === "chunked";
    this.#left =
      framing.kind === "length" ? framing.length : framing.kind === "close" ? Infinity : 0;
    if (framing.kind === "none") this.state = "done";
  }

  /** FIN is its end, and not a fault. */
  get endsWithConnection(): boolean {
    return !this.#isChunked && this.#left === Infinity;
  }

  /** What came behind the body and may go on, once it is done. */
  get trailers(): Fields | undefined {
    return this.#trailers?.forwardable();
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
      if (this.#trailers !== undefined) this.state = this.#trailers.read(chunk[at++] ?? 0);
      else if (!this.#readFramingByte(chunk[at++] ?? 0)) this.state = "malformed";
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
        return this.#readExtensionByte(byte) && ++this.#extensionBytes <= MAX_EXTENSION_BYTES;
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
      case Step.trailerStart:
        if (byte === 13) this.#step = Step.endLf;
        else this.#trailers = new TrailerReader();
        return this.#trailers === undefined || this.#trailers.read(byte) === "more";
      default:
        this.state = "done";
        return byte === 10;
    }
  }

  /** A line end inside of quotes is where two parsers part (RFC 9112 §7.1.1, RFC 9110 §5.6.4). */
  #readExtensionByte(byte: number): boolean {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === 34) this.#isQuoted = !this.#isQuoted;
    else if (this.#isQuoted) this.#isEscaped = byte === 92;
    else if (byte === 13) {
      this.#step = Step.sizeEnd;
      return true;
    }
    return VALUE_CHARACTERS[byte] === 1;
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
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
