// Bytes that a socket gave and nobody has understood yet.

export class Unread {
  #bytes: Buffer | undefined;
  #at = 0;

  get isEmpty(): boolean {
    return this.#bytes === undefined;
  }

  push(chunk: Buffer): void {
    this.#bytes =
      this.#bytes === undefined ? chunk : Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  clear(): void {
    this.#bytes = undefined;
  }

  /** Takes all there is. */
  rest(): Buffer | undefined {
    const rest = this.#bytes?.subarray(this.#at);
    this.#bytes = undefined;
    return rest;
  }

  /** Lets a reader take bytes: it gets them and where they begin, and returns where it stopped. Returns the count. */
  take(read: (bytes: Buffer, at: number) => number): number {
    const bytes = this.#bytes;
    if (bytes === undefined) return 0;
    const start = this.#at;
    const end = read(bytes, start);
    this.#at = end;
    if (end >= bytes.length) this.#bytes = undefined;
    return end - start;
  }
}
