// Reads and writes a guest's memory. A pointer outside of it throws, which traps the guest: it cannot be trusted.
import { MAX_HOST_STRING_BYTES } from "@sluice/plugin-sdk/abi";
import { fieldNameOf } from "../../http1/field-name.ts";
import type { FieldName } from "../../http1/field-name.ts";

export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;
  #view: Buffer = Buffer.alloc(0);
  #onAccess: (bytes: number) => void = () => {};

  /** `onAccess` is told of each range that is read or written; it may throw. */
  attach(memory: WebAssembly.Memory, onAccess: (bytes: number) => void = () => {}): void {
    this.#memory = memory;
    this.#onAccess = onAccess;
  }

  get byteLength(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** Text of one byte a character: names, field values. */
  readLatin1(pointer: number, length: number): string {
    const view = this.#range(pointer, length);
    return view.toString("latin1", pointer >>> 0, (pointer >>> 0) + length);
  }

  /** A field name; whether it is a valid one is the caller's to check. */
  readFieldName(pointer: number, length: number): FieldName {
    const start = pointer >>> 0;
    return fieldNameOf(this.#range(pointer, length), start, start + length);
  }

  readUtf8(pointer: number, length: number): string {
    const view = this.#range(pointer, length);
    return view.toString("utf8", pointer >>> 0, (pointer >>> 0) + length);
  }

  /** Returns the text's length in bytes; writes it when that is no more than the limit. */
  writeLatin1(text: string, pointer: number, limit: number): number {
    const length = text.length;
    if (length <= limit >>> 0)
      this.#range(pointer, length).write(text, pointer >>> 0, length, "latin1");
    return length;
  }

  writeUtf8(text: string, pointer: number, limit: number): number {
    const length = Buffer.byteLength(text);
    if (length <= limit >>> 0)
      this.#range(pointer, length).write(text, pointer >>> 0, length, "utf8");
    return length;
  }

  /** A view of the bytes, for the length of one host function. */
  bytes(pointer: number, length: number, maxBytes: number = MAX_HOST_STRING_BYTES): Buffer {
    const start = pointer >>> 0;
    return this.#range(pointer, length, maxBytes).subarray(start, start + length);
  }

  #range(pointer: number, length: number, maxBytes: number = MAX_HOST_STRING_BYTES): Buffer {
    const start = pointer >>> 0;
    // Growing detaches the old buffer, and its views have no length any more; asking for the buffer each time is slow.
    if (start + length > this.#view.length && this.#memory !== undefined) {
      this.#view = Buffer.from(this.#memory.buffer);
    }
    if (length < 0 || length > maxBytes || start + length > this.#view.length) {
      throw new RangeError(`pointer ${start} and length ${length} are not in the memory`);
    }
    this.#onAccess(length);
    return this.#view;
  }
}
