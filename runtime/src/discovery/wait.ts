// A pause that ends early when there is nobody left to go on for.
import type { Clock } from "../upstream/clock.ts";

/** Resolves after the time, at once when that is over, and when the signal aborts. */
export function waitFor(
  delayMs: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  if (delayMs <= 0 || signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    cancel();
    signal.removeEventListener("abort", end);
    resolve();
  };
  const cancel = clock.after(delayMs, end);
  signal.addEventListener("abort", end);
  return promise;
}
