// Tells the host why a call failed: the error's text in the first line, its stack in the following ones.
import { fail } from "./host";
import { cString, writeLiteral } from "./literal";
import { freeValue, getProperty, isError, isUncatchable, takeException, toCString } from "./quickjs";
import { context, LENGTH_A, SCRATCH, SCRATCH_SIZE } from "./state";
import { freeText } from "./text";
import { isException, NULL } from "./value";

const MAX_MESSAGE: i32 = SCRATCH_SIZE / 2;
const MAX_STACK: i32 = SCRATCH_SIZE / 2 - 128;

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
  if (error == NULL) return failWith("InternalError: out of memory");
  let length = append(error, 0, MAX_MESSAGE);
  if (length < 0) return failWith("an error that cannot be turned into text");
  if (isError(error)) {
    const stack = getProperty(context(), error, cString("stack"));
    store<u8>(SCRATCH + length, 0x0a);
    const stackLength = append(stack, length + 1, MAX_STACK);
    if (stackLength > 0) length += 1 + stackLength;
    if (!isException(stack)) freeValue(context(), stack);
  }
  fail(SCRATCH, length);
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
