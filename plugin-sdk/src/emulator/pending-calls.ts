// Host functions that take their time: each gives the guest the id of a call, and resumes the guest when it is over.
import { Fault } from "../abi.ts";
import { PluginFailure } from "./failure.ts";

/** At once, as in the gateway. */
const MAX_CALLS = 1000;

/** A head or text, and a body. */
export type CallParts = readonly [head?: string, body?: Uint8Array | undefined];
/** 0 or more, or a Fault, and what comes with it. */
export type CallResult = readonly [result: number, ...parts: CallParts];

export class PendingCalls {
  readonly #resume: (id: number, result: number) => void;
  readonly #ids = new Set<number>();
  #lastId = 0;
  #readable: { readonly id: number; readonly parts: CallParts } | undefined;

  constructor(resume: (id: number, result: number) => void) {
    this.#resume = resume;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The call's id, or a Fault. */
  start(): number {
    if (this.#ids.size >= MAX_CALLS) return Fault.limit;
    this.#ids.add(++this.#lastId);
    return this.#lastId;
  }

  /** The call is over, with 0 or more or a Fault. Must not be called while the guest runs. */
  finish(id: number, result: number, parts: CallParts = []): void {
    if (this.#ids.delete(id)) this.#run(id, result, parts);
  }

  /** Finishes the call with what `work` gives, once the guest has returned. */
  finishLater(id: number, work: () => CallResult | Promise<CallResult>): void {
    const finish = async (): Promise<void> => {
      const [result, ...parts] = await work();
      try {
        this.finish(id, result, parts);
      } catch (error) {
        // It fails the requests that wait in this instance, which then say so.
        if (!(error instanceof PluginFailure)) throw error;
      }
    };
    queueMicrotask(() => void finish());
  }

  /** As finish, for a call that comes again. */
  repeat(id: number, result: number): void {
    if (this.#ids.has(id)) this.#run(id, result, []);
  }

  /** Forgets the call: false when there is none. */
  stop(id: number): boolean {
    return this.#ids.delete(id);
  }

  /** A part of the result with which the guest is being resumed. */
  part(id: number, part: number): Uint8Array | undefined {
    if (this.#readable?.id !== id || part < 0 || part > 1) return undefined;
    const content = this.#readable.parts[part] ?? "";
    return typeof content === "string" ? Buffer.from(content) : content;
  }

  #run(id: number, result: number, parts: CallParts): void {
    this.#readable = { id, parts };
    try {
      this.#resume(id, result);
    } finally {
      this.#readable = undefined;
    }
  }
}
