// Finds where answers end on one connection: just enough HTTP/1.1 for answers with Content-Length.

const HEAD_END = Buffer.from("\r\n\r\n");
const NO_BYTES = Buffer.alloc(0);

export class ResponseCounter {
  /** Answers that were not 2xx. */
  statusErrors = 0;
  /** The beginning of a head whose end has not come. */
  #partial: Buffer = NO_BYTES;
  #bodyBytesLeft = 0;

  /** How many answers end in these bytes. Throws at an answer without Content-Length. */
  push(bytes: Buffer): number {
    let ended = 0;
    let rest = this.#partial.length === 0 ? bytes : Buffer.concat([this.#partial, bytes]);
    this.#partial = NO_BYTES;
    while (rest.length > 0) {
      if (this.#bodyBytesLeft === 0) {
        const headEnd = rest.indexOf(HEAD_END);
        if (headEnd < 0) {
          this.#partial = rest;
          return ended;
        }
        this.#bodyBytesLeft = this.#readHead(rest.toString("latin1", 0, headEnd));
        rest = rest.subarray(headEnd + HEAD_END.length);
        if (this.#bodyBytesLeft === 0) ended++;
        continue;
      }
      const taken = Math.min(rest.length, this.#bodyBytesLeft);
      this.#bodyBytesLeft -= taken;
      rest = rest.subarray(taken);
      if (this.#bodyBytesLeft === 0) ended++;
    }
    return ended;
  }

  #readHead(head: string): number {
    if (!head.startsWith("HTTP/1.1 2")) this.statusErrors++;
    const match = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (match === null) throw new Error(`an answer without Content-Length: ${head}`);
    return Number(match[1]);
  }
}
