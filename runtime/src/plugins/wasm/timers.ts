// A guest's timers. They run only in the instance that serves: the one that stands by has set the same ones.
import type { PendingCalls } from "./pending-calls.ts";

/** ms; what the runtimes can count. */
const MAX_DELAY_MS = 0x7fff_ffff;
/** Between two calls of an interval, ms: an instance does not serve only its timers. */
const MIN_INTERVAL_MS = 10;

interface Timer {
  readonly delayMs: number;
  readonly repeats: boolean;
  handle: NodeJS.Timeout | undefined;
}

export class Timers {
  readonly #pending: PendingCalls;
  readonly #timers = new Map<number, Timer>();
  #isActive = false;

  constructor(pending: PendingCalls) {
    this.#pending = pending;
  }

  /** The timer's id, or a Fault. */
  start(entry: number, delayMs: number, repeats: boolean): number {
    const abort = (): void => this.#forget(id);
    const id = this.#pending.start({ request: 0, entry, abort });
    if (id < 0) return id;
    const least = repeats ? MIN_INTERVAL_MS : 0;
    const timer = {
      delayMs: Math.min(Math.max(delayMs, least), MAX_DELAY_MS),
      repeats,
      handle: undefined,
    };
    this.#timers.set(id, timer);
    if (this.#isActive) this.#arm(id, timer);
    return id;
  }

  /** False when there is no such timer. */
  stop(id: number): boolean {
    return this.#timers.has(id) && this.#pending.stop(id);
  }

  /** The instance serves from now on. */
  activate(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    for (const [id, timer] of this.#timers) this.#arm(id, timer);
  }

  #arm(id: number, timer: Timer): void {
    const fire = (): void => {
      if (timer.repeats) return this.#pending.repeat(id, 0);
      this.#timers.delete(id);
      this.#pending.finish(id, 0);
    };
    timer.handle = timer.repeats
      ? setInterval(fire, timer.delayMs)
      : setTimeout(fire, timer.delayMs);
    timer.handle.unref();
  }

  #forget(id: number): void {
    clearTimeout(this.#timers.get(id)?.handle);
    this.#timers.delete(id);
  }
}
