// What JavaScript calls for cryptography, all of which the host computes.
import { bytes_equal, digest, hmac, jwt_sign, jwt_verify } from "./host";
import { newUint8Array, toCString, uint8ArrayBytes } from "./quickjs";
import { LENGTH_A, SCRATCH, SCRATCH_SIZE } from "./state";
import { bufferFor, freeText, secondLength, takeUtf8 } from "./text";
import { argument, boxInt, EXCEPTION, intArgument } from "./value";

/** (algorithm, Uint8Array, its length): an array may not be empty, but its length here may be 0 */
export function digestBytes(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const data = uint8ArrayBytes(context, LENGTH_A, argument(argv, 1));
  if (data == 0) return EXCEPTION;
  const length = digest(intArgument(argv, 0), data, intArgument(argv, 2), SCRATCH, SCRATCH_SIZE);
  return length < 0 ? boxInt(length) : newUint8Array(context, SCRATCH, length);
}

/** (algorithm, key: Uint8Array, its length, Uint8Array, its length): as above */
export function hmacBytes(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const key = uint8ArrayBytes(context, LENGTH_A, argument(argv, 1));
  if (key == 0) return EXCEPTION;
  const data = uint8ArrayBytes(context, LENGTH_A, argument(argv, 3));
  if (data == 0) return EXCEPTION;
  const length = hmac(
    intArgument(argv, 0),
    key,
    intArgument(argv, 2),
    data,
    intArgument(argv, 4),
    SCRATCH,
    SCRATCH_SIZE,
  );
  return length < 0 ? boxInt(length) : newUint8Array(context, SCRATCH, length);
}

/** (Uint8Array, Uint8Array), not empty */
export function bytesEqual(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const left = uint8ArrayBytes(context, LENGTH_A, argument(argv, 0));
  if (left == 0) return EXCEPTION;
  const leftLength = load<i32>(LENGTH_A);
  const right = uint8ArrayBytes(context, LENGTH_A, argument(argv, 1));
  if (right == 0) return EXCEPTION;
  return boxInt(bytes_equal(left, leftLength, right, load<i32>(LENGTH_A)));
}

/** (token, keys, options) */
export function jwtVerify(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const token = toCString(context, LENGTH_A, argument(argv, 0), false);
  const tokenLength = load<i32>(LENGTH_A);
  const keys = token == 0 ? 0 : toCString(context, LENGTH_A, argument(argv, 1), false);
  const keysLength = load<i32>(LENGTH_A);
  const options = keys == 0 ? 0 : toCString(context, LENGTH_A, argument(argv, 2), false);
  const optionsLength = load<i32>(LENGTH_A);
  let result = EXCEPTION;
  if (options != 0) {
    let length = jwt_verify(
      token,
      tokenLength,
      keys,
      keysLength,
      options,
      optionsLength,
      SCRATCH,
      SCRATCH_SIZE,
    );
    const buffer = bufferFor(length);
    if (length > SCRATCH_SIZE && buffer != 0) {
      length = secondLength(
        jwt_verify(token, tokenLength, keys, keysLength, options, optionsLength, buffer, length),
        length,
      );
    }
    result = takeUtf8(context, buffer, length);
  }
  freeText(context, options);
  freeText(context, keys);
  freeText(context, token);
  return result;
}

/** (claims, key, options): the host's answer is a token, which fits into SCRATCH */
export function jwtSign(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const claims = toCString(context, LENGTH_A, argument(argv, 0), false);
  const claimsLength = load<i32>(LENGTH_A);
  const key = claims == 0 ? 0 : toCString(context, LENGTH_A, argument(argv, 1), false);
  const keyLength = load<i32>(LENGTH_A);
  const options = key == 0 ? 0 : toCString(context, LENGTH_A, argument(argv, 2), false);
  const optionsLength = load<i32>(LENGTH_A);
  let result = EXCEPTION;
  if (options != 0) {
    const length = jwt_sign(
      claims,
      claimsLength,
      key,
      keyLength,
      options,
      optionsLength,
      SCRATCH,
      SCRATCH_SIZE,
    );
    result = takeUtf8(context, SCRATCH, secondLength(length, SCRATCH_SIZE));
  }
  freeText(context, options);
  freeText(context, key);
  freeText(context, claims);
  return result;
}
