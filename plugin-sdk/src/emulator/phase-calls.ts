// What the guest is in the middle of: the phase that runs, and those that wait for something.
import type { Phase } from "../abi.ts";
import type { Exchange } from "./exchange.ts";

export type CallPhase = Phase | "configure" | "resume";

export interface PhaseCall {
  readonly handle: number;
  readonly phase: CallPhase;
  readonly exchange: Exchange | undefined;
  /** The guest called `respond`. */
  hasResponded: boolean;
}

export class PhaseCalls {
  /** What the guest said with `fail`. */
  failure: string | undefined;
  #current: PhaseCall | undefined;
  readonly #waiting = new Map<number, PhaseCall>();
  #lastHandle = 0;

  begin(phase: CallPhase, exchange: Exchange | undefined): PhaseCall {
    const handle = ++this.#lastHandle;
    this.#current = { handle, phase, exchange, hasResponded: false };
    this.failure = undefined;
    return this.#current;
  }

  /** The call is over; its handle is no good any more, unless it waits. */
  end(): void {
    this.#current = undefined;
  }

  wait(call: PhaseCall): void {
    this.#waiting.set(call.handle, call);
  }

  release(handle: number): void {
    this.#waiting.delete(handle);
  }

  /** The call that runs. */
  get current(): PhaseCall | undefined {
    return this.#current;
  }

  /** Of the call that runs. */
  get phase(): CallPhase | undefined {
    return this.#current?.phase;
  }

  of(handle: number): PhaseCall | undefined {
    return this.#current?.handle === handle ? this.#current : this.#waiting.get(handle);
  }

  exchangeOf(handle: number): Exchange | undefined {
    return this.of(handle)?.exchange;
  }
}
