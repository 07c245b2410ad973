// What JavaScript calls to use a Redis.
import { redis_call, redis_open } from "./host";
import { toCString, uint8ArrayBytes } from "./quickjs";
import { LENGTH_A, LENGTH_B } from "./state";
import { freeText } from "./text";
import { argument, boxInt, EXCEPTION, intArgument, isObject } from "./value";

/** For data that is not given. */
const NONE: i32 = -1;

/** (options) */
export function redisOpen(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const options = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (options == 0) return EXCEPTION;
  const redis = redis_open(options, load<i32>(LENGTH_A));
  freeText(context, options);
  return boxInt(redis);
}

/** (request, redis, command, data: a Uint8Array that is not empty, or undefined) */
export function redisCall(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const command = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (command == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  let data: usize = 0;
  let dataLength = NONE;
  if (isObject(argument(argv, 3))) {
    data = uint8ArrayBytes(context, LENGTH_B, argument(argv, 3));
    dataLength = load<i32>(LENGTH_B);
    if (data == 0) {
      freeText(context, command);
      return EXCEPTION;
    }
  }
  const request = intArgument(argv, 0);
  const call = redis_call(request, intArgument(argv, 1), command, length, data, dataLength);
  freeText(context, command);
  return boxInt(call);
}
