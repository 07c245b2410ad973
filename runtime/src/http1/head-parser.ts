// Reads an HTTP/1.1 head, request or response, strictly (RFC 9112 §2 to §5) and incrementally: a fault is found
// at the first byte that makes the head invalid, whatever the boundaries the bytes arrive in.
import { TOKEN_CHARACTERS, VALUE_CHARACTERS } from "./characters.ts";
import { fieldNameAt, hashStep } from "./field-name.ts";
import { Fields } from "./fields.ts";
import type { GatewayError } from "../errors.ts";

export interface HeadLimits {
  /** Request line or status line, bytes. */
  readonly maxStartLineBytes: number;
  /** One field line, bytes. */
  readonly maxFieldLineBytes: number;
  /** The whole head, bytes. */
  readonly maxHeadBytes: number;
  readonly maxFields: number;
}

/** What is wrong with a head; the user of the parser says which error that is. */
export type HeadFault = "malformed" | "start_line_too_long" | "fields_too_large" | GatewayError;

/** What the two kinds of head differ in. */
export interface StartLine {
  /** Reads the start line, which stands in text from start to end; a fault or undefined. */
  read(text: string, start: number, end: number): HeadFault | undefined;
}

/**
 * A peer sends nearly the same head each time. A field section that begins byte by byte like the last one of the
 * connection is that one, with what it was read as. Longer ones are not kept: idle connections would fill the memory.
 */
const MAX_KEPT_CHARACTERS = 2048;
/** Bytes that are looked at first: a head is rarely longer, and what follows it may be a large body. */
const FIRST_LOOK_BYTES = 4096;

const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const COLON = 58;

export class HeadParser {
  fields: Fields = new Fields();
  fault: HeadFault | undefined;
  readonly #startLine: StartLine;
  readonly #limits: HeadLimits;
  #pending = "";
  #lineStart = 0;
  #hasStartLine = false;
  #emptyLines = 0;
  #sectionStart = 0;
  #lastSection = "";
  #lastFields: Fields | undefined;

  constructor(startLine: StartLine, limits: HeadLimits) {
    this.#startLine = startLine;
    this.#limits = limits;
  }

  /** True once a byte of the head has come that was no leading empty line. */
  get hasBegun(): boolean {
    return this.#hasStartLine || this.#pending.length > this.#lineStart;
  }

  /** Makes ready for the next head on the same connection. */
  reset(): void {
    this.fault = undefined;
    this.#pending = "";
    this.#lineStart = 0;
    this.#hasStartLine = false;
    this.#emptyLines = 0;
  }

  /**
   * Takes bytes from `offset` on. Returns the offset behind the head, or -1: then `fault` is set or more is needed.
   */
  feed(chunk: Buffer, offset: number): number {
    let start = offset;
    for (let look = FIRST_LOOK_BYTES; ; look = chunk.length) {
      const before = this.#pending.length;
      const room = this.#limits.maxHeadBytes - before;
      const end = Math.min(chunk.length, start + Math.min(look, room));
      const fresh = chunk.toString("latin1", start, end);
      const text = before === 0 ? fresh : this.#pending + fresh;
      const headEnd = this.#readLines(text);
      if (headEnd >= 0) return start + headEnd - before;
      if (this.fault !== undefined) return -1;
      this.#pending = text;
      if (end === chunk.length) return -1;
      if (end - start === room) {
        this.fault = this.#hasStartLine ? "fields_too_large" : "start_line_too_long";
        return -1;
      }
      start = end;
    }
  }

  #readLines(text: string): number {
    for (;;) {
      const start = this.#lineStart;
      const lineEnd = this.#hasStartLine ? this.#readField(text, start) : scanLine(text, start);
      if (lineEnd === MALFORMED) {
        this.fault ??= "malformed";
        return -1;
      }
      const length = (lineEnd === INCOMPLETE ? withoutCr(text) : lineEnd) - start;
      if (!this.#hasStartLine && length > this.#limits.maxStartLineBytes) {
        this.fault = "start_line_too_long";
        return -1;
      }
      if (this.#hasStartLine && length > this.#limits.maxFieldLineBytes) {
        this.fault = "fields_too_large";
        return -1;
      }
      if (lineEnd === INCOMPLETE) return -1;
      this.#lineStart = lineEnd + 2;
      if (this.#hasStartLine) {
        if (length > 0) continue;
        this.#keepSection(text);
        return this.#lineStart;
      }
      if (length === 0) {
        // RFC 9112 §2.2: a server should ignore one empty line before the request line.
        if (++this.#emptyLines > 1) return this.#fail();
        continue;
      }
      this.fault = this.#startLine.read(text, start, lineEnd);
      if (this.fault !== undefined) return -1;
      this.#hasStartLine = true;
      if (this.#isLastSection(text)) return this.#lineStart;
    }
  }

  /** Begins the field section; true when it is the last one again, and read. */
  #isLastSection(text: string): boolean {
    this.#sectionStart = this.#lineStart;
    const last = this.#lastFields;
    const end = this.#sectionStart + this.#lastSection.length;
    // V8 compares a slice faster than it does startsWith.
    if (last === undefined || text.slice(this.#sectionStart, end) !== this.#lastSection) {
      this.fields = new Fields();
      return false;
    }
    this.fields = last.twin();
    this.#lineStart = end;
    return true;
  }

  #keepSection(text: string): void {
    this.fields.source = text;
    const isKept = this.#lineStart - this.#sectionStart <= MAX_KEPT_CHARACTERS;
    this.#lastFields = isKept ? this.fields.twin() : undefined;
    this.#lastSection = isKept ? text.slice(this.#sectionStart, this.#lineStart) : "";
  }

  #fail(): number {
    this.fault = "malformed";
    return -1;
  }

  /** Reads one field line; the offset of its CR, INCOMPLETE or MALFORMED. */
  #readField(text: string, start: number): number {
    const size = text.length;
    let at = start;
    let code = 0;
    let hash = 0;
    while (at < size && TOKEN_CHARACTERS[(code = text.charCodeAt(at))] === 1) {
      hash = hashStep(hash, code);
      at++;
    }
    if (at === size) return INCOMPLETE;
    const nameEnd = at;
    if (code !== COLON) {
      if (code !== CR || at !== start) return MALFORMED;
      if (at + 1 === size) return INCOMPLETE;
      return text.charCodeAt(at + 1) === LF ? at : MALFORMED;
    }
    if (nameEnd === start) return MALFORMED;
    at++;
    while (at < size && ((code = text.charCodeAt(at)) === SPACE || code === TAB)) at++;
    const valueStart = at;
    while (at < size && VALUE_CHARACTERS[(code = text.charCodeAt(at))] === 1) at++;
    if (at === size) return INCOMPLETE;
    if (code !== CR) return MALFORMED;
    if (at + 1 === size) return INCOMPLETE;
    if (text.charCodeAt(at + 1) !== LF) return MALFORMED;
    let valueEnd = at;
    while (
      valueEnd > valueStart &&
      ((code = text.charCodeAt(valueEnd - 1)) === SPACE || code === TAB)
    ) {
      valueEnd--;
    }
    if (this.fields.length >= this.#limits.maxFields) {
      this.fault = "fields_too_large";
      return MALFORMED;
    }
    const isPlain = valueStart === nameEnd + 2 && valueEnd === at;
    this.fields.push(
      fieldNameAt(text, start, nameEnd, hash),
      text.slice(valueStart, valueEnd),
      isPlain ? start : -1,
    );
    return at;
  }
}

const INCOMPLETE = -1;
const MALFORMED = -2;

/** Where the text ends when a CR at its end is no part of the line. */
function withoutCr(text: string): number {
  return text.charCodeAt(text.length - 1) === CR ? text.length - 1 : text.length;
}

/** The offset of the CR that ends the line, INCOMPLETE or MALFORMED (a control character, a bare CR or LF). */
function scanLine(text: string, start: number): number {
  const size = text.length;
  let at = start;
  let code = 0;
  while (at < size && VALUE_CHARACTERS[(code = text.charCodeAt(at))] === 1) at++;
  if (at === size) return INCOMPLETE;
  if (code !== CR) return MALFORMED;
  if (at + 1 === size) return INCOMPLETE;
  return text.charCodeAt(at + 1) === LF ? at : MALFORMED;
}
