// Promises that were rejected while nobody listened. The guest remembers them during a call and logs those that
// nobody handled until its end.
import { call, freeValue, takeException } from "./quickjs";
import { context, handler, Handler, REJECTION_ARGV, REJECTIONS_REMEMBERED } from "./state";
import { boxInt, isException, UNDEFINED } from "./value";

/** JSHostPromiseRejectionTracker. */
export function trackRejection(
  context: usize,
  promise: u64,
  reason: u64,
  isHandled: i32,
  opaque: usize,
): void {
  store<u8>(REJECTIONS_REMEMBERED, 1);
  tell(promise, reason, isHandled);
}

export function rejectionIsHandled(promise: u64): void {
  if (load<u8>(REJECTIONS_REMEMBERED)) tell(promise, UNDEFINED, 1);
}

export function flushRejections(): void {
  if (!load<u8>(REJECTIONS_REMEMBERED)) return;
  store<u8>(REJECTIONS_REMEMBERED, 0);
  tell(UNDEFINED, UNDEFINED, 1);
}

function tell(promise: u64, reason: u64, isHandled: i32): void {
  store<u64>(REJECTION_ARGV, promise);
  store<u64>(REJECTION_ARGV + 8, reason);
  store<u64>(REJECTION_ARGV + 16, boxInt(isHandled));
  const result = call(context(), handler(Handler.rejection), UNDEFINED, 3, REJECTION_ARGV);
  // An exception here would hide the failure being reported, so it is dropped.
  freeValue(context(), isException(result) ? takeException(context()) : result);
}
