// Coarse time limits for many connections: one timer looks at all of them, instead of a timer for each.

/** Something with a time limit that moves as it makes progress. */
export interface Timed {
  /** Monotonic, ms; Infinity for none. */
  deadlineAtMs: number;
  onDeadline(): void;
}

/** How late a deadline may fire, ms. */
const RESOLUTION_MS = 50;

export class Deadlines {
  /** Value of the Date field, renewed each second (RFC 9110 §6.6.1). */
  httpDate: string = new Date().toUTCString();
  readonly #timed = new Set<Timed>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** The monotonic clock, at most the resolution old. */
  #nowMs: number = performance.now();
  #dateAtMs: number = this.#nowMs;

  readonly #onSweep: (lateMs: number) => void;

  /** `onSweep` hears 20 times a second how late the event loop is. */
  constructor(onSweep: (lateMs: number) => void = () => undefined) {
    this.#onSweep = onSweep;
    this.#timer = setInterval(() => this.#sweep(), RESOLUTION_MS);
    this.#timer.unref();
  }

  /** The moment a limit of so many ms from now is over, or a little later; never earlier. */
  after(durationMs: number): number {
    return this.#nowMs + RESOLUTION_MS + durationMs;
  }

  add(timed: Timed): void {
    this.#timed.add(timed);
  }

  delete(timed: Timed): void {
    this.#timed.delete(timed);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timed.clear();
  }

  #sweep(): void {
    const now = performance.now();
    const lateMs = now - this.#nowMs - RESOLUTION_MS;
    this.#nowMs = now;
    this.#onSweep(Math.max(0, lateMs));
    if (now - this.#dateAtMs >= 1000) {
      this.#dateAtMs = now;
      this.httpDate = new Date().toUTCString();
    }
    for (const timed of this.#timed) {
      // While the event loop stood still nobody could make progress, and what came in is not read yet (O6).
      if (lateMs > RESOLUTION_MS) timed.deadlineAtMs += lateMs;
      if (timed.deadlineAtMs <= now) {
        timed.deadlineAtMs = Infinity;
        timed.onDeadline();
      }
    }
  }
}
