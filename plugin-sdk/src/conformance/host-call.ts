// A call of a host function that has returned, with what the guest gave and got.
import type { GuestMemory } from "../emulator/guest-memory.ts";

export class HostCall {
  readonly name: string;
  readonly result: number;
  readonly #values: readonly number[];
  readonly #memory: GuestMemory;

  constructor(name: string, values: readonly number[], result: number, memory: GuestMemory) {
    this.name = name;
    this.result = result;
    this.#values = values;
    this.#memory = memory;
  }

  number(at: number): number {
    return this.#values[at] ?? 0;
  }

  /** A view, by its pointer, before its length; empty when the call failed. */
  bytes(at: number): Uint8Array {
    return this.#memory.bytes(this.number(at), this.result < 0 ? 0 : this.number(at + 1));
  }

  /** By its pointer, before its length. */
  text(at: number): string {
    return this.#memory.readLatin1(this.number(at), this.number(at + 1));
  }

  /** What was written to the buffer, before its limit; how long it is when it did not fit. */
  written(at: number): string {
    if (this.result < 0) return `fault ${this.result}`;
    if (this.result > this.number(at + 1) >>> 0) return `${this.result} bytes`;
    return this.#memory.readLatin1(this.number(at), this.result);
  }
}
