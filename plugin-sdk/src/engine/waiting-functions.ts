// What JavaScript calls to wait: results of calls that are over, the end of a phase, timers.
import { failWithError } from "./failure";
import { result_read, settle, timer_start, timer_stop } from "./host";
import { newArrayOver } from "./body-functions";
import { free, malloc, newString, throwOutOfMemory } from "./quickjs";
import { argument, boxInt, intArgument, numberArgument } from "./value";

/** The host copies no more at once. */
const PIECE_BYTES: i32 = 1 << 20;
const VERDICT_FAILED: i32 = -1;

/** (request, verdict) */
export function settleWith(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxInt(settle(intArgument(argv, 0), intArgument(argv, 1)));
}

/** (request, error) */
export function settleFailed(context: usize, self: u64, argc: i32, argv: usize): u64 {
  failWithError(argument(argv, 1));
  return boxInt(settle(intArgument(argv, 0), VERDICT_FAILED));
}

/** (call, part) */
export function resultText(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const call = intArgument(argv, 0);
  const part = intArgument(argv, 1);
  const length = result_read(call, part, 0, 0, 0);
  if (length < 0) return boxInt(length);
  const bytes = readResult(call, part, length);
  if (bytes == 0) return throwOutOfMemory(context);
  const text = newString(context, bytes, length);
  free(bytes);
  return text;
}

/** (call, part) */
export function resultBytes(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const call = intArgument(argv, 0);
  const part = intArgument(argv, 1);
  const length = result_read(call, part, 0, 0, 0);
  if (length < 0) return boxInt(length);
  const bytes = readResult(call, part, length);
  if (bytes == 0) return throwOutOfMemory(context);
  return newArrayOver(context, bytes, length);
}

function readResult(call: i32, part: i32, length: i32): usize {
  // One byte more, because there may be none.
  const bytes = malloc(length + 1);
  if (bytes == 0) return 0;
  for (let offset: i32 = 0; offset < length; offset += PIECE_BYTES) {
    result_read(call, part, offset, bytes + offset, min(PIECE_BYTES, length - offset));
  }
  return bytes;
}

/** (delayMs, repeats) */
export function timerStart(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxInt(timer_start(numberArgument(argv, 0), intArgument(argv, 1)));
}

/** (timer) */
export function timerStop(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxInt(timer_stop(intArgument(argv, 0)));
}
