// Text as words, in memory of this thread alone: what is compared with, written to and read from shared memory.

/** One text at a time; reused for every call, so nothing is allocated. */
export class TextWords {
  words: Int32Array;
  /** Of the text that is held. */
  count = 0;
  /** See Entry.keySize. */
  size = 0;
  #buffer: Buffer;

  constructor(capacityWords: number) {
    this.words = new Int32Array(capacityWords);
    this.#buffer = Buffer.from(this.words.buffer);
  }

  write(text: string): void {
    this.reserve(text.length * 2);
    const { words } = this;
    const { length } = text;
    let seen = 0;
    let word = 0;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      seen |= code;
      word |= code << ((at & 3) << 3);
      if ((at & 3) === 3) {
        words[at >>> 2] = word;
        word = 0;
      }
    }
    if ((length & 3) !== 0) words[length >>> 2] = word;
    this.setSize(length * 2);
    if (seen > 0xff) this.#writeWide(text);
  }

  #writeWide(text: string): void {
    this.setSize(text.length * 4 + 1);
    this.words[this.count - 1] = 0;
    this.#buffer.write(text, "utf16le");
  }

  /** Makes room for text of that size, whose words come next. */
  setSize(size: number): void {
    this.size = size;
    this.reserve(size >>> 1);
    this.count = wordsOf(size);
  }

  reserve(bytes: number): void {
    if (bytes <= this.words.length * 4) return;
    this.words = new Int32Array(2 ** Math.ceil(Math.log2(bytes / 4 + 1)));
    this.#buffer = Buffer.from(this.words.buffer);
  }

  read(): string {
    const isWide = (this.size & 1) === 1;
    return this.#buffer.toString(isWide ? "utf16le" : "latin1", 0, this.size >>> 1);
  }
}

export function wordsOf(size: number): number {
  return ((size >>> 1) + 3) >>> 2;
}
