// Reads and writes a guest's memory. What does not lie in it throws, which traps the guest, as in the gateway.
import { Fault, MAX_BODY_BYTES, MAX_HOST_STRING_BYTES } from "../abi.ts";

export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;

  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  get byteLength(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** A view of the bytes, for the length of one host function. */
  bytes(pointer: number, length: number): Buffer {
    return this.#range(pointer, length, MAX_HOST_STRING_BYTES);
  }

  /** The same for bodies, which may be longer. */
  bodyBytes(pointer: number, length: number): Buffer {
    return this.#range(pointer, length, MAX_BODY_BYTES);
  }

  #range(pointer: number, length: number, maxLength: number): Buffer {
    const start = pointer >>> 0;
    const buffer = this.#memory?.buffer ?? new ArrayBuffer(0);
    const isInside = length >= 0 && start + length <= buffer.byteLength;
    if (!isInside || length > maxLength) {
      throw new RangeError(`pointer ${start} and length ${length} are not in the memory`);
    }
    return Buffer.from(buffer, start, length);
  }

  readUtf8(pointer: number, length: number): string {
    return this.bytes(pointer, length).toString("utf8");
  }

  /** Field values: a byte is a character. */
  readLatin1(pointer: number, length: number): string {
    return this.bytes(pointer, length).toString("latin1");
  }

  /** The length of the whole text; it is written only when that is no more than `limit`. */
  writeUtf8(text: string | undefined, buffer: number, limit: number): number {
    return text === undefined ? Fault.absent : this.write(Buffer.from(text), buffer, limit);
  }

  writeLatin1(text: string | undefined, buffer: number, limit: number): number {
    return text === undefined
      ? Fault.absent
      : this.write(Buffer.from(text, "latin1"), buffer, limit);
  }

  write(bytes: Uint8Array, buffer: number, limit: number): number {
    if (bytes.length > 0 && bytes.length <= limit >>> 0)
      this.bytes(buffer, bytes.length).set(bytes);
    return bytes.length;
  }
}
