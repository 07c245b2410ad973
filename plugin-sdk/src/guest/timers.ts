// setTimeout and its kin, as in browsers, on the host's timers.
import { LogLevel } from "../abi.ts";
import { inspect } from "./console.ts";
import { faultError } from "./faults.ts";
import { log, timerStart, timerStop } from "./native.ts";
import { forget, onResume } from "./waiting.ts";

type Callback = (...values: unknown[]) => void;

export function setTimeout(callback: Callback, delayMs = 0, ...values: unknown[]): number {
  return start(callback, delayMs, false, values);
}

export function setInterval(callback: Callback, delayMs = 0, ...values: unknown[]): number {
  return start(callback, delayMs, true, values);
}

/** Also for intervals. */
export function clearTimeout(timer: number | undefined): void {
  if (timer === undefined) return;
  timerStop(timer | 0);
  forget(timer);
}

function start(
  callback: Callback,
  delayMs: number,
  repeats: boolean,
  values: readonly unknown[],
): number {
  // As browsers do with what is no time.
  const delay = delayMs > 0 ? +delayMs : 0;
  const timer = timerStart(delay, repeats ? 1 : 0);
  if (timer < 0) throw faultError(timer, "timer");
  onResume(timer, () => {
    if (!repeats) forget(timer);
    try {
      callback(...values);
    } catch (error) {
      log(LogLevel.error, `A timer failed: ${inspect(error)}`);
    }
  });
  return timer;
}
