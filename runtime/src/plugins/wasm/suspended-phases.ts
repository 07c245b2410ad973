// Phases of requests that wait in one instance, each until the guest settles it or it waited for too long.
import { Verdict } from "@sluice/plugin-sdk/abi";
import { CONTINUE, RESPOND } from "../plugin.ts";
import type { SettledVerdict } from "../plugin.ts";
import type { GuestCall, PhaseCall } from "./guest-call.ts";
import { GuestFault } from "./guest-fault.ts";

/** For everything that one phase of a request awaits, ms: as long as a client may take for a request's body. */
const MAX_WAIT_MS = 300_000;

interface Waiting {
  readonly phase: PhaseCall;
  readonly timeout: NodeJS.Timeout;
  readonly resolve: (verdict: SettledVerdict) => void;
  readonly reject: (fault: GuestFault) => void;
}

export class SuspendedPhases {
  readonly #call: GuestCall;
  readonly #waiting = new Map<number, Waiting>();
  #onEmpty: (() => void) | undefined;

  constructor(call: GuestCall) {
    this.#call = call;
  }

  /** Now, or when the last one is settled. */
  whenEmpty(run: () => void): void {
    if (this.#waiting.size === 0) run();
    else this.#onEmpty = run;
  }

  add(phase: PhaseCall): Promise<SettledVerdict> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        const fault = new GuestFault(`did not end within ${MAX_WAIT_MS} ms`, false);
        this.#take(phase.handle)?.reject(fault);
      };
      const timeout = setTimeout(giveUp, MAX_WAIT_MS).unref();
      this.#waiting.set(phase.handle, { phase, timeout, resolve, reject });
    });
  }

  /** The guest says what a phase came to; false when no such phase waits. */
  settle(handle: number, verdict: number): boolean {
    const waiting = this.#take(handle);
    if (waiting === undefined) return false;
    // What fails for want of a request is no fault of the plugin's.
    if (verdict === Verdict.continue || waiting.phase.hasLostRequest) waiting.resolve(CONTINUE);
    else if (verdict === Verdict.respond && waiting.phase.hasResponded) waiting.resolve(RESPOND);
    else waiting.reject(this.#failure(verdict, waiting.phase));
    return true;
  }

  /** None of them can go on. */
  fail(fault: GuestFault): void {
    for (const handle of this.#waiting.keys()) this.#take(handle)?.reject(fault);
  }

  #failure(verdict: number, { failsAs }: PhaseCall): GuestFault {
    const { failure } = this.#call;
    this.#call.failure = undefined;
    const message = failure ?? `settled with ${verdict}, which is no verdict`;
    return new GuestFault(message, false, failsAs);
  }

  #take(handle: number): Waiting | undefined {
    const waiting = this.#waiting.get(handle);
    this.#waiting.delete(handle);
    this.#call.release(handle);
    clearTimeout(waiting?.timeout);
    // Not at once: the guest is in the middle of a call.
    if (this.#onEmpty !== undefined && this.#waiting.size === 0) setImmediate(this.#onEmpty);
    return waiting;
  }
}
