// What JavaScript calls to use a quota.
import { quota_open, quota_take } from "./host";
import { toCString } from "./quickjs";
import { LENGTH_A } from "./state";
import { freeText } from "./text";
import { argument, boxInt, EXCEPTION, intArgument, numberArgument } from "./value";

/** (options) */
export function quotaOpen(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const options = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (options == 0) return EXCEPTION;
  const quota = quota_open(options, load<i32>(LENGTH_A));
  freeText(context, options);
  return boxInt(quota);
}

/** (request, quota, identifier, cost) */
export function quotaTake(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const identifier = toCString(context, LENGTH_A, argument(argv, 2), false);
  if (identifier == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const cost = numberArgument(argv, 3);
  const result = quota_take(
    intArgument(argv, 0),
    intArgument(argv, 1),
    identifier,
    length,
    cost,
  );
  freeText(context, identifier);
  return boxInt(result);
}
