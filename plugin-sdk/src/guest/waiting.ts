// Calls of the host that take their time, as promises.
import { faultError } from "./faults.ts";
import { resultBytes, resultText, settle, settleFailed } from "./native.ts";

/** What runs when a call is over, by its id. */
const resumptions = new Map<number, (result: number) => void>();

/**
 * Fulfilled with what `read` makes of the call's result, which is 0 or more or a Fault. `read` runs while the result
 * can be read (textPart, bytesPart); what it throws rejects the promise. `call` is what the host function returned.
 */
export function promiseOf<T>(call: number, what: string, read: (result: number) => T): Promise<T> {
  if (call < 0) return Promise.reject(faultError(call, what));
  return new Promise((resolve, reject) => {
    resumptions.set(call, (result) => {
      resumptions.delete(call);
      try {
        resolve(read(result));
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Runs each time that the call comes back, until {@link forget}. */
export function onResume(call: number, run: (result: number) => void): void {
  resumptions.set(call, run);
}

export function forget(call: number): void {
  resumptions.delete(call);
}

/** Only within `read` of {@link promiseOf}. */
export function textPart(call: number, part: number): string {
  const text = resultText(call, part);
  if (typeof text === "number") throw faultError(text, "result");
  return text;
}

/** As {@link textPart}. */
export function bytesPart(call: number, part: number): Uint8Array<ArrayBuffer> {
  const bytes = resultBytes(call, part);
  if (typeof bytes === "number") throw faultError(bytes, "result");
  return bytes;
}

/** The host resumes this instance: a verdict, as every export gives one. */
export function resume(call: number, result: number): number {
  resumptions.get(call)?.(result);
  return 0;
}

/** A handler's promise is pending: the host hears of its end when it comes. */
export function whenSettled(request: number, promise: Promise<number>): void {
  promise.then(
    (verdict) => settle(request, verdict),
    (error: unknown) => settleFailed(request, error),
  );
}
