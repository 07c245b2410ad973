// The body of an answer, as it grows. Pieces are copied: a server may send them byte by byte.

const FIRST_BYTES = 4096;
const NOTHING: Buffer = Buffer.alloc(0);

export class ReceivedBody {
  readonly #maxBytes: number;
  /** Counts memory that is needed on top; false when there is too little. */
  readonly #hold: (bytes: number) => boolean;
  #buffer = NOTHING;
  #length = 0;

  constructor(maxBytes: number, hold: (bytes: number) => boolean) {
    this.#maxBytes = maxBytes;
    this.#hold = hold;
  }

  /** Why the piece was not taken. */
  add(piece: Buffer): "too_large" | "too_much_held" | undefined {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) return "too_large";
    if (length > this.#buffer.length && !this.#grow(length)) return "too_much_held";
    piece.copy(this.#buffer, this.#length);
    this.#length = length;
    return undefined;
  }

  #grow(length: number): boolean {
    const doubled = Math.max(FIRST_BYTES, 2 * this.#buffer.length);
    const size = Math.max(length, Math.min(doubled, this.#maxBytes));
    if (!this.#hold(size - this.#buffer.length)) return false;
    const larger = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    return true;
  }

  /** All of it, without a copy. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}
