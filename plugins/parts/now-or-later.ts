// Work that is done at once or later: a handler that need not wait costs less when it does not.

/** Runs `onDone` with what the work gives, now if it is there, or `onFailed` with what it throws. */
export function nowOrLater<T, R>(
  work: () => T | Promise<T>,
  onDone: (value: T) => R,
  onFailed: (cause: unknown) => R,
): R | Promise<Awaited<R>> {
  let value: T | Promise<T>;
  try {
    value = work();
  } catch (cause) {
    return onFailed(cause);
  }
  return value instanceof Promise ? later(value, onDone, onFailed) : onDone(value);
}

async function later<T, R>(
  value: Promise<T>,
  onDone: (value: T) => R,
  onFailed: (cause: unknown) => R,
): Promise<Awaited<R>> {
  let done: T;
  try {
    done = await value;
  } catch (cause) {
    return await onFailed(cause);
  }
  return await onDone(done);
}

/**
 * Goes on with a value: at once if it is there. What `next` needs besides is handed to it, because a function that is made
 * for one call costs as much as the call of five.
 */
export function whenThere<T, C, R>(
  value: T | Promise<T>,
  next: (value: T, context: C) => R | Promise<R>,
  context: C,
): R | Promise<R> {
  return value instanceof Promise
    ? value.then((there) => next(there, context))
    : next(value, context);
}
