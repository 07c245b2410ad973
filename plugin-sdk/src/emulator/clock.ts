// The time that a plugin sees: it stands still until the test moves it.

interface Timer {
  readonly delayMs: number;
  readonly repeats: boolean;
  readonly fire: () => void;
  dueAtMs: number;
}

export class Clock {
  /** ms since 1970. */
  nowMs: number;
  readonly #timers = new Map<number, Timer>();
  #lastId = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** The timer's id. */
  start(timer: Omit<Timer, "dueAtMs">): number {
    this.#timers.set(++this.#lastId, { ...timer, dueAtMs: this.nowMs + timer.delayMs });
    return this.#lastId;
  }

  /** False when there is no such timer. */
  stop(id: number): boolean {
    return this.#timers.delete(id);
  }

  /** Lets the time pass, timer by timer. */
  async advance(ms: number): Promise<void> {
    // What was begun before may still be about to set a timer.
    await idle();
    const untilMs = this.nowMs + ms;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      const [id, timer] = next;
      this.nowMs = Math.max(this.nowMs, timer.dueAtMs);
      if (timer.repeats) timer.dueAtMs = this.nowMs + timer.delayMs;
      else this.#timers.delete(id);
      timer.fire();
      await idle();
    }
    this.nowMs = untilMs;
    await idle();
  }

  #next(untilMs: number): [id: number, timer: Timer] | undefined {
    const due = [...this.#timers].filter(([, { dueAtMs }]) => dueAtMs <= untilMs);
    return due.sort(([, one], [, other]) => one.dueAtMs - other.dueAtMs)[0];
  }
}

/** Until the promises that can be settled are settled. */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
