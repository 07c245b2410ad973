// Tells the host why a call failed: the error's text in the first line, its stack in the following ones.
import { fail } from "./host";
import { cString, writeLiteral } from "./literal";
import {
  freeValue,
  getProperty,
  isError,
  isUncatchable,
  runGC,
  takeException,
  toCString,
} from "./quickjs";
import {
  context,
  LENGTH_A,
  RAN_OUT_OF_MEMORY,
  runtime,
  SCRATCH,
  SCRATCH_SIZE,
} from "./state";
import { freeText } from "./text";
import { isException, NULL } from "./value";

const MAX_MESSAGE: i32 = SCRATCH_SIZE / 2;
const MAX_STACK: i32 = SCRATCH_SIZE / 2 - 128;

const OUT_OF_MEMORY: string = "InternalError: out of memory";

export function failWith(reason: string): void {
  fail(SCRATCH, writeLiteral(reason));
}

/** Reports and frees the exception that the engine holds. */
export function failWithException(): void {
  const error = takeException(context());
  failWithError(error);
  freeValue(context(), error);
}

/** Reports a thrown or rejected value; borrows it. */
export function failWithError(error: u64): void {
  if (isUncatchable(error)) return failWith("the call used up its time and was stopped");
  // What QuickJS throws when there is no memory left even for an error.
  if (error == NULL) {
    store<u8>(RAN_OUT_OF_MEMORY, 1);
    return failWith(OUT_OF_MEMORY);
  }
  let length = append(error, 0, MAX_MESSAGE);
  if (length < 0) return failWith("an error that cannot be turned into text");
  if (isOutOfMemory(length)) store<u8>(RAN_OUT_OF_MEMORY, 1);
  if (isError(error)) {
    const stack = getProperty(context(), error, cString("stack"));
    store<u8>(SCRATCH + length, 0x0a);
    const stackLength = append(stack, length + 1, MAX_STACK);
    if (stackLength > 0) length += 1 + stackLength;
    if (!isException(stack)) freeValue(context(), stack);
  }
  fail(SCRATCH, length);
}

function isOutOfMemory(length: i32): bool {
  const text = cString(OUT_OF_MEMORY);
  return length == OUT_OF_MEMORY.length && isSame(SCRATCH, text, length);
}

function isSame(left: usize, right: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (load<u8>(left + i) != load<u8>(right + i)) return false;
  }
  return true;
}

/**
 * QuickJS collects cycles when the heap has grown by half since the last time, which a heap near its maximum never
 * does. So this is called after a failure, when nothing of the failed call is needed any more.
 */
export function collectIfOutOfMemory(): void {
  if (!load<u8>(RAN_OUT_OF_MEMORY)) return;
  store<u8>(RAN_OUT_OF_MEMORY, 0);
  runGC(runtime());
}

/** Copies a value's text into SCRATCH; -1 when turning it into text throws. */
function append(value: u64, offset: i32, limit: i32): i32 {
  const text: usize = isException(value) ? 0 : toCString(context(), LENGTH_A, value, false);
  if (text == 0) {
    freeValue(context(), takeException(context()));
    return -1;
  }
  const length = min(load<i32>(LENGTH_A), limit);
  memory.copy(SCRATCH + offset, text, length);
  freeText(context(), text);
  return length;
}
