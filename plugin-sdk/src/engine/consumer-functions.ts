// What JavaScript calls to find out who the client is, and to say so; as in request-functions.ts.
import {
  authenticate,
  authenticate_by,
  consumer_find,
  consumer_find_by,
  consumer_get,
  credential_find,
  credential_get,
} from "./host";
import { toCString } from "./quickjs";
import { LENGTH_A, LENGTH_B, SCRATCH, SCRATCH_SIZE } from "./state";
import { bufferFor, freeText, secondLength, takeUtf8 } from "./text";
import { argument, boxInt, EXCEPTION, intArgument } from "./value";

/** (request, collection, key) */
export function credentialFind(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const collection = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (collection == 0) return EXCEPTION;
  const collectionLength = load<i32>(LENGTH_A);
  const key = toCString(context, LENGTH_B, argument(argv, 2), false);
  let result = EXCEPTION;
  if (key != 0) {
    const length = load<i32>(LENGTH_B);
    const request = intArgument(argv, 0);
    result = boxInt(credential_find(request, collection, collectionLength, key, length));
  }
  freeText(context, key);
  freeText(context, collection);
  return result;
}

/** (request, idOrUsername) */
export function consumerFind(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const name = toCString(context, LENGTH_A, argument(argv, 1), false);
  if (name == 0) return EXCEPTION;
  const result = consumer_find(intArgument(argv, 0), name, load<i32>(LENGTH_A));
  freeText(context, name);
  return boxInt(result);
}

/** (request, consumer, credential) */
export function authenticateWith(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxInt(authenticate(intArgument(argv, 0), intArgument(argv, 1), intArgument(argv, 2)));
}

/** (request, credential) */
export function credentialGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const request = intArgument(argv, 0);
  const credential = intArgument(argv, 1);
  let length = credential_get(request, credential, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(credential_get(request, credential, buffer, length), length);
  }
  return takeUtf8(context, buffer, length);
}

/** (request, property, value) */
export function consumerFindBy(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const value = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (value == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const result = consumer_find_by(intArgument(argv, 0), intArgument(argv, 1), value, length);
  freeText(context, value);
  return boxInt(result);
}

/** (request, consumer) */
export function consumerGet(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const request = intArgument(argv, 0);
  const consumer = intArgument(argv, 1);
  let length = consumer_get(request, consumer, SCRATCH, SCRATCH_SIZE);
  const buffer = bufferFor(length);
  if (length > SCRATCH_SIZE && buffer != 0) {
    length = secondLength(consumer_get(request, consumer, buffer, length), length);
  }
  return takeUtf8(context, buffer, length);
}

/** (request, consumer, id) */
export function authenticateBy(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const id = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (id == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const result = authenticate_by(intArgument(argv, 0), intArgument(argv, 1), id, length);
  freeText(context, id);
  return boxInt(result);
}
