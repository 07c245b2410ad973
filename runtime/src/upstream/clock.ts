// Time, as something that can be given: tests move it themselves.

export interface Clock {
  /** Monotonic, ms. */
  nowMs(): number;
  /** Calls back once, after the delay; what it returns takes that back. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Nothing that waits for it keeps the process alive. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
