// So many at once, and the rest in a queue: first come, first served, a bounded number of them, each for a bounded time.
import type { Clock } from "../clock.ts";

/** Somebody who waits for a slot. One of the two is called, later, unless the wait is given up. */
export interface Waiter {
  onSlot(): void;
  onTimeout(): void;
}

/** What becomes of somebody who wants a slot. */
export type SlotEntry =
  | { readonly kind: "taken" }
  | { readonly kind: "full" }
  /** Call it to give up; not after one of the waiter's functions was called. */
  | { readonly kind: "waiting"; readonly giveUp: () => void };

const TAKEN: SlotEntry = { kind: "taken" };
const FULL: SlotEntry = { kind: "full" };

export class Slots {
  readonly #clock: Clock;
  /** By number, in the order in which they came. */
  readonly #waiters = new Map<number, () => void>();
  #nextNumber = 0;
  /** Nobody with a lower number waits. */
  #oldest = 0;
  #limit = Infinity;
  #taken = 0;
  #isServing = false;
  #isServedSoon = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Those that are taken already are not taken back. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#serve();
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Whoever has got a slot must {@link release} it. Nobody overtakes those who wait. */
  take(): boolean {
    if (this.#taken >= this.#limit || this.#waiters.size > 0) return false;
    this.#taken++;
    return true;
  }

  /** Takes a slot, or waits for one where at most `maxWaiting` do, for `timeoutMs` at most. */
  enter(waiter: Waiter, maxWaiting: number, timeoutMs: number): SlotEntry {
    if (this.take()) return TAKEN;
    if (this.#waiters.size >= maxWaiting || timeoutMs <= 0) return FULL;
    const number = this.#nextNumber++;
    const giveUp = (): void => {
      stopTimer();
      this.#waiters.delete(number);
    };
    const go = (): void => {
      giveUp();
      this.#taken++;
      waiter.onSlot();
    };
    const stopTimer = this.#clock.after(timeoutMs, () => {
      this.#waiters.delete(number);
      waiter.onTimeout();
    });
    this.#waiters.set(number, go);
    return { kind: "waiting", giveUp };
  }

  release(): void {
    this.#taken--;
    this.#serve();
  }

  /**
   * Its client has left, and many may be leaving at this moment: whoever is next goes when all of them have, or each
   * would get the slot of the one before and connect to a target for nothing.
   */
  releaseSoon(): void {
    this.#taken--;
    if (this.#isServedSoon || this.#waiters.size === 0) return;
    this.#isServedSoon = true;
    this.#clock.after(0, () => {
      this.#isServedSoon = false;
      this.#serve();
    });
  }

  /** A slot that comes back while somebody is served goes to the next in this loop: no stack is as deep as the queue. */
  #serve(): void {
    if (this.#isServing || this.#waiters.size === 0) return;
    this.#isServing = true;
    try {
      // Walking through the map from its start would pass by all that have left it.
      while (this.#waiters.size > 0 && this.#taken < this.#limit) {
        this.#waiters.get(this.#oldest++)?.();
      }
    } finally {
      this.#isServing = false;
    }
  }
}
