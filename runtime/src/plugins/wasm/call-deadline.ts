// When a call's time is over. The clock says when to look closer; what counts is the processor's time: on a machine with
// too much to do a guest may have waited for the processor, and a request must not fail for that.

/** How long a closer look takes, ms of the clock, and how much of it a guest that runs has used. */
const LOOK_MS = 10;
const BUSY_MS = 5;
/** Of the clock, beyond the deadline: then it is over all the same, ms. */
const MAX_LATE_MS = 2000;

export class CallDeadline {
  readonly #now: () => number;
  readonly #used: () => number;
  #atMs = 0;
  #startedLookAtMs = 0;
  #usedAtLook = -1;
  #latestMs = 0;

  /** `now`: monotonic, ms. `used`: of the processor by this thread, ms. */
  constructor(now: () => number = () => performance.now(), used: () => number = threadMs) {
    this.#now = now;
    this.#used = used;
  }

  /** A call begins that may last until then; monotonic, ms. */
  set(atMs: number): void {
    this.#atMs = atMs;
    this.#usedAtLook = -1;
  }

  /** `graceMs`: how much later than the deadline it has to be. */
  isOver(graceMs: number): boolean {
    const nowMs = this.#now();
    if (nowMs <= this.#atMs + graceMs) return false;
    if (this.#usedAtLook < 0) this.#latestMs = nowMs + MAX_LATE_MS;
    else if (nowMs - this.#startedLookAtMs < LOOK_MS) return false;
    else if (this.#used() - this.#usedAtLook >= BUSY_MS || nowMs > this.#latestMs) return true;
    this.#startedLookAtMs = nowMs;
    this.#usedAtLook = this.#used();
    return false;
  }
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
