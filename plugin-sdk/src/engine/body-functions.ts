// What JavaScript calls to see and change bodies. Bytes are copied once on their way in, into the memory of their array.
import {
  body_read,
  body_set,
  body_skip,
  chunk_get,
  chunk_set,
  respond,
  response_encode,
} from "./host";
import {
  free,
  malloc,
  newUint8ArrayOver,
  realloc,
  runGC,
  throwOutOfMemory,
  toCString,
  uint8ArrayBytes,
} from "./quickjs";
import { LENGTH_A, runtime } from "./state";
import { freeText } from "./text";
import { argument, boxInt, EXCEPTION, intArgument, isObject } from "./value";

/** (request, length: more than 0): a Uint8Array, or a fault */
export function chunkGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const length = intArgument(argv, 1);
  let bytes = malloc(length);
  if (bytes == 0) {
    // QuickJS does not know how much memory its arrays keep here, and so not when it is time to collect.
    runGC(runtime());
    bytes = malloc(length);
  }
  if (bytes == 0) return throwOutOfMemory(context);
  const result = chunk_get(intArgument(argv, 0), bytes, length);
  if (result == length) return newArrayOver(context, bytes, length);
  free(bytes);
  return boxInt(result);
}

/** A Uint8Array with these bytes, which malloc gave and the array frees. */
export function newArrayOver(context: usize, bytes: usize, length: i32): u64 {
  return newUint8ArrayOver(context, bytes, length, resizeBytes.index, 0, false);
}

/** JSReallocArrayBufferDataFunc: a size of 0 frees; 0 when there is no memory. */
function resizeBytes(owner: usize, opaque: usize, bytes: usize, size: usize): usize {
  if (size != 0) return realloc(bytes, size);
  free(bytes);
  return 0;
}

/** (request, data) */
export function chunkSet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const data = argument(argv, 1);
  const bytes = bytesOf(context, data);
  if (bytes == 0) return EXCEPTION;
  const result = chunk_set(intArgument(argv, 0), bytes, load<i32>(LENGTH_A));
  release(context, data, bytes);
  return boxInt(result);
}

/** (request, kind, maxBytes) */
export function bodyRead(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxInt(body_read(intArgument(argv, 0), intArgument(argv, 1), intArgument(argv, 2)));
}

/** (request, kind, data) */
export function bodySet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const data = argument(argv, 2);
  const bytes = bytesOf(context, data);
  if (bytes == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const result = body_set(intArgument(argv, 0), intArgument(argv, 1), bytes, length);
  release(context, data, bytes);
  return boxInt(result);
}

/** (request, kind) */
export function bodySkip(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxInt(body_skip(intArgument(argv, 0), intArgument(argv, 1)));
}

/** (request, coding, level) */
export function responseEncode(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const level = intArgument(argv, 2);
  return boxInt(response_encode(intArgument(argv, 0), intArgument(argv, 1), level));
}

/** (request, status, data) */
export function respondWith(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const data = argument(argv, 2);
  const bytes = bytesOf(context, data);
  if (bytes == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const result = respond(intArgument(argv, 0), intArgument(argv, 1), bytes, length);
  release(context, data, bytes);
  return boxInt(result);
}

/** Of a string, or of a Uint8Array that is not empty; 0 with an exception. The length is in LENGTH_A. */
export function bytesOf(context: usize, data: u64): usize {
  if (isObject(data)) return uint8ArrayBytes(context, LENGTH_A, data);
  return toCString(context, LENGTH_A, data, false);
}

export function release(context: usize, data: u64, bytes: usize): void {
  if (!isObject(data)) freeText(context, bytes);
}
