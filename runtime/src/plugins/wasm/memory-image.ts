// What a new instance's memory holds. All of it in one piece: a plugin of the SDK has a thousand segments, and an object
// for each would weigh half as much as what is in them.

const PAGE_BYTES = 65_536;

export interface DataSegment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export class MemoryImage {
  /** Of 64 KiB. */
  readonly pages: number;
  /** Offset and length of each segment. */
  readonly #places: Uint32Array;
  readonly #bytes: Uint8Array;

  /** Copies the segments: a view would keep the whole file in memory for as long as the plugin lives. */
  constructor(pages: number, segments: readonly DataSegment[]) {
    this.pages = pages;
    this.#places = new Uint32Array(segments.length * 2);
    this.#bytes = new Uint8Array(segments.reduce((sum, { bytes }) => sum + bytes.length, 0));
    let at = 0;
    for (const [index, { offset, bytes }] of segments.entries()) {
      this.#places.set([offset, bytes.length], index * 2);
      this.#bytes.set(bytes, at);
      at += bytes.length;
    }
  }

  /** Grows the memory, which has a page, and writes all segments into it. */
  fill(memory: WebAssembly.Memory): void {
    memory.grow(this.pages - memory.buffer.byteLength / PAGE_BYTES);
    const target = new Uint8Array(memory.buffer);
    const places = this.#places;
    let at = 0;
    for (let index = 0; index < places.length; index += 2) {
      const end = at + (places[index + 1] ?? 0);
      target.set(this.#bytes.subarray(at, end), places[index]);
      at = end;
    }
  }
}
