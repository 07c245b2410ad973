// Lets handlers see an injected time as `Date.now()`.

/** Runs `run` with `Date.now` replaced, until it returns or, when it is async, until it settles. */
export function withClock<T>(now: () => number, run: () => T | Promise<T>): T | Promise<T> {
  const realNow = Date.now;
  const restore = (): void => {
    Date.now = realNow;
  };
  Date.now = now;
  let result: T | Promise<T>;
  try {
    result = run();
  } catch (cause) {
    restore();
    throw cause;
  }
  if (result instanceof Promise) return result.finally(restore);
  restore();
  return result;
}
