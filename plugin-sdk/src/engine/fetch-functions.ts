// What JavaScript calls to ask other servers, and to take URLs apart.
import { fetch, url_parse, url_set } from "./host";
import { toCString, uint8ArrayBytes } from "./quickjs";
import { LENGTH_A, LENGTH_B, SCRATCH, SCRATCH_SIZE } from "./state";
import { bufferFor, freeText, secondLength, takeUtf8 } from "./text";
import { argument, boxInt, EXCEPTION, intArgument, isObject } from "./value";

/** (request, head, body: a Uint8Array that is not empty, or undefined) */
export function fetchStart(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const head = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (head == 0) return EXCEPTION;
  const headLength = load<i32>(LENGTH_A);
  let body: usize = 0;
  let bodyLength: i32 = 0;
  if (isObject(argument(argv, 2))) {
    body = uint8ArrayBytes(context, LENGTH_B, argument(argv, 2));
    bodyLength = load<i32>(LENGTH_B);
    if (body == 0) {
      freeText(context, head);
      return EXCEPTION;
    }
  }
  const call = fetch(intArgument(argv, 0), head, headLength, body, bodyLength);
  freeText(context, head);
  return boxInt(call);
}

/** (text, base, hasBase: 0 or 1) */
export function urlParse(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const text = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (text == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const base = toCString(context, LENGTH_B, argument(argv, 1), false);
  if (base == 0) {
    freeText(context, text);
    return EXCEPTION;
  }
  const baseLength = intArgument(argv, 2) == 1 ? load<i32>(LENGTH_B) : -1;
  let size = url_parse(text, length, base, baseLength, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(size);
  if (size > SCRATCH_SIZE && buffer != 0) {
    size = secondLength(url_parse(text, length, base, baseLength, buffer, size), size);
  }
  freeText(context, base);
  freeText(context, text);
  return takeUtf8(context, buffer, size);
}

/** (url, part, value) */
export function urlSet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const url = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (url == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const part = intArgument(argv, 1);
  const value = toCString(context, LENGTH_B, argument(argv, 2), false);
  if (value == 0) {
    freeText(context, url);
    return EXCEPTION;
  }
  const valueLength = load<i32>(LENGTH_B);
  let size = url_set(url, length, part, value, valueLength, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(size);
  if (size > SCRATCH_SIZE && buffer != 0) {
    size = secondLength(url_set(url, length, part, value, valueLength, buffer, size), size);
  }
  freeText(context, value);
  freeText(context, url);
  return takeUtf8(context, buffer, size);
}
