// The memory that an Extism plugin shares with its host: blocks that both read and write by address. Extism's own
// allocates before it looks at its limit (F6) and gives each block a buffer; this is one buffer, for one call.

/** Bytes of all blocks of one call. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Kept between calls. */
const KEPT_BYTES = 64 * 1024;
/** What the smallest block takes: otherwise there could be millions of them. */
const MIN_BLOCK_BYTES = 64;
/** No block begins at 0: that address means that there is none. */
const FIRST_ADDRESS = 8;

export class HostMemory {
  #bytes: Buffer = Buffer.alloc(KEPT_BYTES);
  #end = FIRST_ADDRESS;
  readonly #lengths = new Map<number, number>();

  /** Forgets all blocks. */
  reset(): void {
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.alloc(KEPT_BYTES);
    else this.#bytes.fill(0, 0, this.#end);
    this.#end = FIRST_ADDRESS;
    this.#lengths.clear();
  }

  /** Address of a new block, all zeros; 0 when there is no room for it, as Extism says it. */
  allocate(length: number): number {
    const end = this.#end + roomFor(length);
    if (!(length >= 0) || end > MAX_BYTES) return 0;
    if (end > this.#bytes.length) this.#grow(end);
    const address = this.#end;
    this.#lengths.set(address, length);
    this.#end = end;
    return address;
  }

  #grow(needed: number): void {
    const larger = Buffer.alloc(Math.min(MAX_BYTES, Math.max(needed, 2 * this.#bytes.length)));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }

  /** The room is used again when the block is the last one. */
  free(address: number): void {
    const length = this.#lengths.get(address);
    if (length === undefined) return;
    this.#lengths.delete(address);
    if (address + roomFor(length) !== this.#end) return;
    this.#bytes.fill(0, address, this.#end);
    this.#end = address;
  }

  /** Address of a new block with these bytes, or 0. */
  store(bytes: Uint8Array): number {
    const address = this.allocate(bytes.length);
    if (address !== 0) this.#bytes.set(bytes, address);
    return address;
  }

  /** 0 when no block begins there. */
  lengthOf(address: number): number {
    return this.#lengths.get(address) ?? 0;
  }

  /** A view of the whole block, good until the next call of any method; undefined when there is none. */
  block(address: number): Buffer | undefined {
    const length = this.#lengths.get(address);
    return length === undefined ? undefined : this.#bytes.subarray(address, address + length);
  }

  /** The next four throw a RangeError for what is outside of all blocks, which traps the guest. */
  loadByte(address: number): number {
    return this.#bytes.readUInt8(this.#inside(address, 1));
  }

  loadWord(address: number): bigint {
    return this.#bytes.readBigUInt64LE(this.#inside(address, 8));
  }

  storeByte(address: number, value: number): void {
    this.#bytes.writeUInt8(value & 0xff, this.#inside(address, 1));
  }

  storeWord(address: number, value: bigint): void {
    this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#inside(address, 8));
  }

  #inside(address: number, length: number): number {
    if (address >= FIRST_ADDRESS && address + length <= this.#end) return address;
    throw new RangeError(`address ${address} is in no block`);
  }
}

function roomFor(length: number): number {
  return Math.max(length, MIN_BLOCK_BYTES);
}
