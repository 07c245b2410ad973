// A limit on all of a request, for those that have one.
import type { Deadlines, Timed } from "./deadlines.ts";

export class TimeLimit implements Timed {
  deadlineAtMs: number;
  /** The same as it was set, without what timers add. */
  readonly endsAtMs: number;
  readonly onDeadline: () => void;
  readonly #deadlines: Deadlines;

  /** Calls back once, so many ms from now or a little later, unless it is stopped. */
  constructor(deadlines: Deadlines, durationMs: number, onDeadline: () => void) {
    this.#deadlines = deadlines;
    this.endsAtMs = performance.now() + durationMs;
    this.deadlineAtMs = deadlines.after(durationMs);
    this.onDeadline = onDeadline;
    deadlines.add(this);
  }

  stop(): void {
    this.#deadlines.delete(this);
  }
}
