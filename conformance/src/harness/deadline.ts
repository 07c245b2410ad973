// Waits that end: a promise with a limit, and a condition that some event will make true.

export const WAIT_MS = 10_000;

/** Settles as `promise` does, or rejects after `limitMs` with what was being waited for. */
export async function within<T>(
  promise: Promise<T>,
  what: string | (() => string),
  limitMs: number = WAIT_MS,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`not within ${limitMs} ms: ${typeof what === "string" ? what : what()}`));
  }, limitMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves as soon as `check` gives something other than undefined; `check` runs on each {@link notify}. */
export class Watch {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const look of this.#waiting) look();
  }

  async until<T>(
    check: () => T | undefined,
    what: string | (() => string),
    limitMs?: number,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const look = (): void => {
      try {
        const value = check();
        if (value !== undefined) resolve(value);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    this.#waiting.add(look);
    look();
    try {
      return await within(promise, what, limitMs);
    } finally {
      this.#waiting.delete(look);
    }
  }
}

/** Asks again and again until the answer is right: for effects that give no event, such as a file that grows. */
export async function eventually<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  what: string | (() => string),
  limitMs: number = WAIT_MS,
): Promise<T> {
  const start = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() - start > limitMs) {
      throw new Error(`not within ${limitMs} ms: ${typeof what === "string" ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
