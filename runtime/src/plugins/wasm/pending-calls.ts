// Host functions that take their time: each gives the guest the id of a call, and resumes the guest when it is over.
import { Fault } from "@sluice/plugin-sdk/abi";

/** At once in one instance; a plugin in a loop must not fill the memory. */
const MAX_CALLS = 1000;

/** What a call gives: a head or text, and a body. */
export interface CallParts {
  readonly head?: string;
  readonly body?: Uint8Array;
}

export interface PendingCall {
  /** Handle of the request that asked; 0 for none. */
  readonly request: number;
  /** Index of the plugin entry that asked. */
  readonly entry: number;
  /** Gives the work up. */
  readonly abort?: () => void;
}

const NOTHING: readonly Buffer[] = [];

export class PendingCalls {
  readonly #resume: (call: PendingCall, id: number, result: number) => void;
  readonly #calls = new Map<number, PendingCall>();
  #lastId = 0;
  /** What can be read while the guest is resumed. */
  #readableId = 0;
  #readable: readonly Buffer[] = NOTHING;

  constructor(resume: (call: PendingCall, id: number, result: number) => void) {
    this.#resume = resume;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** The call's id, or a Fault. */
  start(call: PendingCall): number {
    if (this.#calls.size >= MAX_CALLS) return Fault.limit;
    this.#lastId = this.#lastId === 0x7fff_ffff ? 1 : this.#lastId + 1;
    this.#calls.set(this.#lastId, call);
    return this.#lastId;
  }

  /** The call is over, with 0 or more or a Fault. Must not be called while the guest runs. */
  finish(id: number, result: number, parts: CallParts = {}): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    this.#run(call, id, result, parts);
  }

  /** As finish, for a call that comes again. */
  repeat(id: number, result: number): void {
    const call = this.#calls.get(id);
    if (call !== undefined) this.#run(call, id, result, {});
  }

  /** Forgets the call: false when there is none. */
  stop(id: number): boolean {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.abort?.();
    return call !== undefined;
  }

  stopAll(): void {
    for (const id of this.#calls.keys()) this.stop(id);
  }

  /** A part of the result with which the guest is being resumed. */
  part(id: number, part: number): Buffer | undefined {
    return id === this.#readableId ? this.#readable[part] : undefined;
  }

  #run(call: PendingCall, id: number, result: number, { head = "", body }: CallParts): void {
    this.#readableId = id;
    this.#readable = [
      Buffer.from(head),
      body === undefined ? Buffer.alloc(0) : Buffer.from(body.buffer, body.byteOffset, body.length),
    ];
    try {
      this.#resume(call, id, result);
    } finally {
      this.#readableId = 0;
      this.#readable = NOTHING;
    }
  }
}
