// Strings between QuickJS and the host. QuickJS hands out UTF-8; field values on the wire are single bytes, which
// JavaScript sees as code units U+0000 to U+00FF.
import {
  free,
  freeCString,
  freeValue,
  malloc,
  newArray,
  newArrayFrom,
  newString,
  setElement,
  throwOutOfMemory,
} from "./quickjs";
import { SCRATCH, SCRATCH_SIZE } from "./state";
import { boxInt, EXCEPTION, isException, UNDEFINED } from "./value";

export const FAULT_ABSENT: i32 = -1;
export const FAULT_BAD_VALUE: i32 = -4;
const FAULT_LIMIT: i32 = -6;

/** Where the host shall write a value that had `length` bytes at the first try; 0 when there is no memory. */
// @ts-ignore: decorator
@inline
export function bufferFor(length: i32): usize {
  return length <= SCRATCH_SIZE ? SCRATCH : malloc(length);
}

/** Length at the second try; a host that now has more than it said breaks the contract. */
export function secondLength(length: i32, limit: i32): i32 {
  return length > limit ? FAULT_LIMIT : length;
}

/** JS string of UTF-8 in a {@link bufferFor}; undefined when absent, the number when it is another fault. */
export function takeUtf8(context: usize, buffer: usize, length: i32): u64 {
  if (length < 0) return takeFault(buffer, length);
  if (buffer == 0) return throwOutOfMemory(context);
  const text = newString(context, buffer, length);
  release(buffer);
  return text;
}

/** As {@link takeUtf8}, for field values. */
export function takeLatin1(context: usize, buffer: usize, length: i32): u64 {
  if (length < 0) return takeFault(buffer, length);
  if (buffer == 0) return throwOutOfMemory(context);
  const text = latin1String(context, buffer, length);
  release(buffer);
  return text;
}

/** As {@link takeLatin1}, an array of the texts between NULs. */
export function takeLatin1Texts(context: usize, buffer: usize, length: i32): u64 {
  if (length < 0) return takeFault(buffer, length);
  if (buffer == 0) return throwOutOfMemory(context);
  const end = buffer + length;
  // The usual case: one text, whose value finds room where the text was.
  if (endOfText(buffer, end) == end) return arrayOf(context, takeLatin1(context, buffer, length));
  const array = newArray(context);
  let count: u32 = 0;
  for (let start = buffer; start <= end; count++) {
    const textEnd = endOfText(start, end);
    const text = latin1String(context, start, <i32>(textEnd - start));
    if (isException(text) || setElement(context, array, count, text) < 0) {
      release(buffer);
      freeValue(context, array);
      return EXCEPTION;
    }
    start = textEnd + 1;
  }
  release(buffer);
  return array;
}

function arrayOf(context: usize, text: u64): u64 {
  if (isException(text)) return text;
  store<u64>(SCRATCH, text);
  return newArrayFrom(context, 1, SCRATCH);
}

/** Where the next NUL is, or the end. */
function endOfText(start: usize, end: usize): usize {
  let at = start;
  while (at < end && load<u8>(at) != 0) at++;
  return at;
}

function latin1String(context: usize, bytes: usize, length: i32): u64 {
  return isAscii(bytes, length)
    ? newString(context, bytes, length)
    : widened(context, bytes, length);
}

function takeFault(buffer: usize, fault: i32): u64 {
  release(buffer);
  return fault == FAULT_ABSENT ? UNDEFINED : boxInt(fault);
}

// @ts-ignore: decorator
@inline
function release(buffer: usize): void {
  if (buffer != SCRATCH) free(buffer);
}

function widened(context: usize, bytes: usize, length: i32): u64 {
  const utf8 = malloc(<usize>length << 1);
  if (utf8 == 0) return throwOutOfMemory(context);
  let end = utf8;
  for (let i: i32 = 0; i < length; i++) {
    const byte = load<u8>(bytes + i);
    if (byte < 0x80) {
      store<u8>(end++, byte);
    } else {
      store<u8>(end++, 0xc0 | (byte >> 6));
      store<u8>(end++, 0x80 | (byte & 0x3f));
    }
  }
  const text = newString(context, utf8, end - utf8);
  free(utf8);
  return text;
}

/**
 * Turns a C string of QuickJS into latin-1 in place and returns the new length, FAULT_BAD_VALUE when a character
 * does not fit. In place is safe: QuickJS copies whatever is not pure ASCII, and pure ASCII stays untouched.
 */
export function narrow(text: usize, length: i32): i32 {
  if (isAscii(text, length)) return length;
  let end = text;
  for (let i: i32 = 0; i < length; i++) {
    const byte = load<u8>(text + i);
    if (byte < 0x80) {
      store<u8>(end++, byte);
    } else {
      if (byte > 0xc3) return FAULT_BAD_VALUE;
      i++;
      store<u8>(end++, ((byte & 0x03) << 6) | (load<u8>(text + i) & 0x3f));
    }
  }
  return <i32>(end - text);
}

function isAscii(bytes: usize, length: i32): bool {
  const end = bytes + length;
  while (bytes + 8 <= end) {
    if (load<u64>(bytes) & 0x8080808080808080) return false;
    bytes += 8;
  }
  while (bytes < end) {
    if (load<u8>(bytes++) & 0x80) return false;
  }
  return true;
}

/** Frees what toCString gave, null included. */
export function freeText(context: usize, text: usize): void {
  if (text != 0) freeCString(context, text);
}
