// A limit on all of a request, for those that have one.
import type { Deadlines, Timed } from "./deadlines.ts";

export class TimeLimit implements Timed {
  deadlineAtMs: number;
  readonly onDeadline: () => void;
  readonly #deadlines: Deadlines;

  /** Calls back once, so many ms from now or a little later, unless it is stopped. */
  constructor(deadlines: Deadlines, durationMs: number, onDeadline: () => void) {
    this.#deadlines = deadlines;
    this.deadlineAtMs = deadlines.after(durationMs);
    this.onDeadline = onDeadline;
    deadlines.add(this);
  }

  stop(): void {
    this.#deadlines.delete(this);
  }
}
