// What JavaScript calls that belongs to no request: config, store, log, randomness, text encoding.
import {
  config_get,
  fail,
  file_append,
  log,
  random_bytes,
  random_number,
  store_delete,
  store_get,
  store_increment,
  store_set,
} from "./host";
import { newString, newUint8Array, toCString, uint8ArrayBytes } from "./quickjs";
import { LENGTH_A, LENGTH_B, SCRATCH, SCRATCH_SIZE } from "./state";
import { bufferFor, freeText, secondLength, takeUtf8 } from "./text";
import {
  argument,
  boxInt,
  boxNumber,
  EXCEPTION,
  intArgument,
  numberArgument,
  UNDEFINED,
} from "./value";

/** (config) */
export function configGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const config = intArgument(argv, 0);
  let length = config_get(config, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(config_get(config, buffer, length), length);
  }
  return takeUtf8(context, buffer, length);
}

/** (key) */
export function storeGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const key = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (key == 0) return EXCEPTION;
  const keyLength = load<i32>(LENGTH_A);
  let length = store_get(key, keyLength, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(store_get(key, keyLength, buffer, length), length);
  }
  freeText(context, key);
  return takeUtf8(context, buffer, length);
}

/** (key, value, ttlMs) */
export function storeSet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const key = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (key == 0) return EXCEPTION;
  const keyLength = load<i32>(LENGTH_A);
  const value = toCString(context, LENGTH_B, argument(argv, 1), false);
  let result = EXCEPTION;
  if (value != 0) {
    const length = load<i32>(LENGTH_B);
    result = boxInt(store_set(key, keyLength, value, length, numberArgument(argv, 2)));
  }
  freeText(context, value);
  freeText(context, key);
  return result;
}

/** (key) */
export function storeDelete(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const key = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (key == 0) return EXCEPTION;
  const result = store_delete(key, load<i32>(LENGTH_A));
  freeText(context, key);
  return boxInt(result);
}

/** (key, delta, ttlMs): undefined instead of NaN */
export function storeIncrement(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const key = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (key == 0) return EXCEPTION;
  const delta = numberArgument(argv, 1);
  const value = store_increment(key, load<i32>(LENGTH_A), delta, numberArgument(argv, 2));
  freeText(context, key);
  return isNaN(value) ? UNDEFINED : boxNumber(value);
}

/** (path, data, reopen) */
export function fileAppend(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const path = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (path == 0) return EXCEPTION;
  const pathLength = load<i32>(LENGTH_A);
  const data = toCString(context, LENGTH_B, argument(argv, 1), false);
  let result = EXCEPTION;
  if (data != 0) {
    const length = load<i32>(LENGTH_B);
    result = boxInt(file_append(path, pathLength, data, length, intArgument(argv, 2)));
  }
  freeText(context, data);
  freeText(context, path);
  return result;
}

/** (level, message) */
export function logMessage(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const message = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (message == 0) return EXCEPTION;
  log(intArgument(argv, 0), message, load<i32>(LENGTH_A));
  freeText(context, message);
  return UNDEFINED;
}

/** (message) */
export function failMessage(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const message = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (message == 0) return EXCEPTION;
  fail(message, load<i32>(LENGTH_A));
  freeText(context, message);
  return UNDEFINED;
}

/** () */
export function randomNumber(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxNumber(random_number());
}

/** (Uint8Array, not empty) */
export function randomBytes(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const bytes = uint8ArrayBytes(context, LENGTH_A, argument(argv, 0));
  const length = load<i32>(LENGTH_A);
  if (bytes == 0) return EXCEPTION;
  return boxInt(random_bytes(bytes, length));
}

/** (): RFC 9562 version 4 */
export function randomUuid(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const fault = random_bytes(SCRATCH, 16);
  if (fault < 0) return boxInt(fault);
  store<u8>(SCRATCH + 6, (load<u8>(SCRATCH + 6) & 0x0f) | 0x40);
  store<u8>(SCRATCH + 8, (load<u8>(SCRATCH + 8) & 0x3f) | 0x80);
  const text = SCRATCH + 16;
  let end = text;
  for (let i: usize = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) store<u8>(end++, 0x2d);
    const byte = load<u8>(SCRATCH + i);
    store<u8>(end++, hexDigit(byte >> 4));
    store<u8>(end++, hexDigit(byte & 15));
  }
  return newString(context, text, end - text);
}

// @ts-ignore: decorator
@inline
function hexDigit(value: u8): u8 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

/** (string) */
export function utf8Encode(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const text = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (text == 0) return EXCEPTION;
  const array = newUint8Array(context, text, load<i32>(LENGTH_A));
  freeText(context, text);
  return array;
}

/** (Uint8Array, not empty) */
export function utf8Decode(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const bytes = uint8ArrayBytes(context, LENGTH_A, argument(argv, 0));
  const length = load<i32>(LENGTH_A);
  if (bytes == 0) return EXCEPTION;
  return newString(context, bytes, length);
}
