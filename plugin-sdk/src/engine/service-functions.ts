// What JavaScript calls of the gateway's services: data of a request, secrets, metrics, spans.
import {
  log_fields,
  metric_record,
  secret_get,
  shared_get,
  shared_set,
  span_end,
  span_set,
  span_start,
  store_compare_and_set,
  trace_get,
} from "./host";
import { toCString } from "./quickjs";
import { LENGTH_A, SCRATCH, SCRATCH_SIZE } from "./state";
import { bufferFor, freeText, secondLength, takeUtf8 } from "./text";
import { argument, boxInt, EXCEPTION, intArgument, numberArgument, UNDEFINED } from "./value";

/** For an optional text that is not given. */
const NONE: i32 = -1;

/** (key, expected or undefined, value, ttlMs) */
export function storeCompareAndSet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const key = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (key == 0) return EXCEPTION;
  const keyLength = load<i32>(LENGTH_A);
  const isAbsent = argument(argv, 1) == UNDEFINED;
  const expected = isAbsent ? 0 : toCString(context, LENGTH_A, argument(argv, 1), false);
  const expectedLength = isAbsent ? NONE : load<i32>(LENGTH_A);
  let result = EXCEPTION;
  if (isAbsent || expected != 0) {
    const value = toCString(context, LENGTH_A, argument(argv, 2), false);
    const length = load<i32>(LENGTH_A);
    const ttlMs = numberArgument(argv, 3);
    if (value != 0) {
      result = boxInt(
        store_compare_and_set(key, keyLength, expected, expectedLength, value, length, ttlMs),
      );
    }
    freeText(context, value);
  }
  freeText(context, expected);
  freeText(context, key);
  return result;
}

/** (request, key) */
export function sharedGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const key = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (key == 0) return EXCEPTION;
  const request = intArgument(argv, 0);
  const keyLength = load<i32>(LENGTH_A);
  let length = shared_get(request, key, keyLength, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(shared_get(request, key, keyLength, buffer, length), length);
  }
  freeText(context, key);
  return takeUtf8(context, buffer, length);
}

/** (request, key, value or undefined) */
export function sharedSet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const key = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (key == 0) return EXCEPTION;
  const keyLength = load<i32>(LENGTH_A);
  const isAbsent = argument(argv, 2) == UNDEFINED;
  const value = isAbsent ? 0 : toCString(context, LENGTH_A, argument(argv, 2), false);
  const length = isAbsent ? NONE : load<i32>(LENGTH_A);
  let result = EXCEPTION;
  if (isAbsent || value != 0) {
    result = boxInt(shared_set(intArgument(argv, 0), key, keyLength, value, length));
  }
  freeText(context, value);
  freeText(context, key);
  return result;
}

/** (request, name) */
export function secretGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const name = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (name == 0) return EXCEPTION;
  const request = intArgument(argv, 0);
  const nameLength = load<i32>(LENGTH_A);
  let length = secret_get(request, name, nameLength, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(secret_get(request, name, nameLength, buffer, length), length);
  }
  freeText(context, name);
  return takeUtf8(context, buffer, length);
}

/** (metric, value, labels: each ended by NUL) */
export function metricRecord(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const labels = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (labels == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const result = metric_record(intArgument(argv, 0), numberArgument(argv, 1), labels, length);
  freeText(context, labels);
  return boxInt(result);
}

/** (request, parent, name) */
export function spanStart(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const name = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (name == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const span = span_start(intArgument(argv, 0), intArgument(argv, 1), name, length);
  freeText(context, name);
  return boxInt(span);
}

/** (request, span, key, value) */
export function spanSet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const key = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (key == 0) return EXCEPTION;
  const keyLength = load<i32>(LENGTH_A);
  const value = toCString(context, LENGTH_A, argument(argv, 3), false);
  let result = EXCEPTION;
  if (value != 0) {
    const length = load<i32>(LENGTH_A);
    const request = intArgument(argv, 0);
    result = boxInt(span_set(request, intArgument(argv, 1), key, keyLength, value, length));
  }
  freeText(context, value);
  freeText(context, key);
  return result;
}

/** (request, span, isError) */
export function spanEnd(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxInt(span_end(intArgument(argv, 0), intArgument(argv, 1), intArgument(argv, 2)));
}

/** (request) */
export function traceGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const request = intArgument(argv, 0);
  let length = trace_get(request, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(trace_get(request, buffer, length), length);
  }
  return takeUtf8(context, buffer, length);
}

/** (level, message, fields) */
export function logFields(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const message = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (message == 0) return EXCEPTION;
  const messageLength = load<i32>(LENGTH_A);
  const fields = toCString(context, LENGTH_A, argument(argv, 2), false);
  let result = EXCEPTION;
  if (fields != 0) {
    log_fields(intArgument(argv, 0), message, messageLength, fields, load<i32>(LENGTH_A));
    result = UNDEFINED;
  }
  freeText(context, fields);
  freeText(context, message);
  return result;
}
