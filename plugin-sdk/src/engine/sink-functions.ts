// What JavaScript calls to send what a plugin has to tell.
import { bytesOf, release } from "./body-functions";
import { sink_append, sink_open } from "./host";
import { toCString } from "./quickjs";
import { LENGTH_A } from "./state";
import { freeText } from "./text";
import { argument, boxInt, EXCEPTION, intArgument } from "./value";

/** Length that stands for the request's log record. */
const RECORD: i32 = -1;

/** (options) */
export function sinkOpen(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const options = toCString(context, LENGTH_A, argument(argv, 0), false);
  if (options == 0) return EXCEPTION;
  const result = sink_open(options, load<i32>(LENGTH_A));
  freeText(context, options);
  return boxInt(result);
}

/** (request, sink, data) */
export function sinkAppend(context: usize, self: u64, argc: i32, argv: usize): u64 {
  const data = argument(argv, 2);
  const bytes = bytesOf(context, data);
  if (bytes == 0) return EXCEPTION;
  const length = load<i32>(LENGTH_A);
  const result = sink_append(intArgument(argv, 0), intArgument(argv, 1), bytes, length);
  release(context, data, bytes);
  return boxInt(result);
}

/** (request, sink) */
export function sinkAppendRecord(context: usize, self: u64, argc: i32, argv: usize): u64 {
  return boxInt(sink_append(intArgument(argv, 0), intArgument(argv, 1), 0, RECORD));
}
