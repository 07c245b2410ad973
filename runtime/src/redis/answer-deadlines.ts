// One time limit for many answers: a single timer, for the oldest of them, since all wait for the same time.

interface Waiting {
  readonly dueAtMs: number;
}

export class AnswerDeadlines {
  readonly #timeoutMs: number;
  readonly #onLate: () => void;
  /** In the order in which they are due. */
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number, onLate: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onLate = onLate;
  }

  /** The same promise, with its time counted from now. */
  async watch<T>(answer: Promise<T>): Promise<T> {
    const waiting = { dueAtMs: performance.now() + this.#timeoutMs };
    this.#waiting.add(waiting);
    this.#timer ??= this.#wake(this.#timeoutMs);
    try {
      return await answer;
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** Forgets all. */
  clear(): void {
    this.#waiting.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wake(delayMs: number): NodeJS.Timeout {
    // A loop that stood still comes to its timers before it has read what has arrived meanwhile.
    const timer = setTimeout(() => setImmediate(() => this.#look()), delayMs);
    return timer.unref();
  }

  #look(): void {
    this.#timer = undefined;
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    const leftMs = oldest.dueAtMs - performance.now();
    if (leftMs > 0) this.#timer = this.#wake(leftMs);
    else this.#onLate();
  }
}
