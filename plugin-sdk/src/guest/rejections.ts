// Promises that were rejected and that nobody awaited: a bug of the plugin that would otherwise stay unseen.
import { LogLevel } from "../abi.ts";
import { inspect } from "./console.ts";
import { log } from "./native.ts";

const unhandled = new Map<unknown, unknown>();

/** Called by the engine for each rejection, and with no promise at the end of the call. */
export function onRejection(promise: unknown, reason: unknown, isHandled: number): void {
  if (promise === undefined) {
    logUnhandled();
  } else if (isHandled !== 0) {
    unhandled.delete(promise);
  } else {
    unhandled.set(promise, reason);
  }
}

function logUnhandled(): void {
  const reasons = [...unhandled.values()];
  unhandled.clear();
  for (const reason of reasons) {
    log(LogLevel.error, `A promise was rejected and nobody awaited it: ${inspect(reason)}`);
  }
}
