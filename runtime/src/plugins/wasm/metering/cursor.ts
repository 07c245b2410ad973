// Reads a WebAssembly binary from front to back, and writes one.

/** Throws an Error that says what is malformed; `at` then stands where. */
export class Cursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) throw new Error("ends too early");
    return this.bytes[this.at++] as number; // Inside, as was just checked.
  }

  /** Unsigned LEB128, 32 bits. */
  u32(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a number is too long");
  }

  /** Any LEB128 number of up to 64 bits. */
  skipNumber(): void {
    for (let length = 0; length < 10; length++) if (this.byte() < 0x80) return;
    throw new Error("a number is too long");
  }

  skip(length: number): void {
    this.at += length;
    if (this.at > this.end) throw new Error("ends too early");
  }

  /** A name or another vector of bytes. */
  skipVector(): void {
    this.skip(this.u32());
  }
}

/** Bytes that grow as they are written. */
export class Output {
  #bytes: Uint8Array<ArrayBuffer>;
  at = 0;
  /** Places of branches that are hardly ever taken. */
  readonly unlikely: number[] = [];

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  byte(value: number): void {
    if (this.at === this.#bytes.length) this.#grow(1);
    this.#bytes[this.at++] = value;
  }

  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a number that is not negative. */
  s32(value: number): void {
    let rest = value;
    while (rest >= 0x40) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  copy(from: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.at + length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(from.subarray(start, end), this.at);
    this.at += length;
  }

  /** Leaves room for a length; {@link endLength} says from where on it counts. */
  beginLength(): number {
    for (let index = 0; index < LENGTH_BYTES; index++) this.byte(0);
    return this.at;
  }

  /** Fills in the length of what was written since `start`, as a LEB128 number of full width. */
  endLength(start: number): void {
    let rest = this.at - start;
    for (let index = LENGTH_BYTES; index > 0; index--) {
      this.#bytes[start - index] = index === 1 ? rest : (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
  }

  /** What was written; good until the next write. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.at);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.at + needed));
    larger.set(this.#bytes.subarray(0, this.at));
    this.#bytes = larger;
  }
}

/** Of the longest LEB128 number with 32 bits. */
const LENGTH_BYTES = 5;
