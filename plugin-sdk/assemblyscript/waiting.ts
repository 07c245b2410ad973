// For policies that wait: they return Verdict.Pending, export `sluice_resume(call, result)`, and `settle` there.
import * as host from "../src/engine/host";
import { Verdict } from "./numbers";
import { first } from "./text";

/** Asks another server. `head` is JSON, see ABI.md. A call id, or a Fault. */
export function fetch(request: i32, head: string, body: Uint8Array | null = null): i32 {
  first.utf8(head);
  const data: usize = body === null ? 0 : body.dataStart;
  const length = body === null ? 0 : body.length;
  return host.fetch(request, first.pointer, first.length, data, length);
}

/** In `sluice_configure`: the id of a Redis, or a Fault. `options` is JSON, see ABI.md. */
export function openRedis(options: string): i32 {
  first.utf8(options);
  return host.redis_open(first.pointer, first.length);
}

/** A command as JSON, in which null stands for the data. A call id, or a Fault. */
export function callRedis(
  request: i32,
  redis: i32,
  command: string,
  bytes: Uint8Array | null = null,
): i32 {
  first.utf8(command);
  const data: usize = bytes === null ? 0 : bytes.dataStart;
  const length = bytes === null ? -1 : bytes.length;
  return host.redis_call(request, redis, first.pointer, first.length, data, length);
}

/** A call id, or a Fault; `sluice_resume` comes after that time, again and again if it repeats. */
export function startTimer(delayMs: f64, repeats: bool = false): i32 {
  return host.timer_start(delayMs, repeats ? 1 : 0);
}

export function stopTimer(call: i32): i32 {
  return host.timer_stop(call);
}

/** Ends a phase that waits. Returns 0, or a Fault when nothing waits any more. */
export function settle(request: i32, verdict: Verdict): i32 {
  return host.settle(request, verdict);
}

/** In `sluice_resume`: the head of what came, or why nothing did. */
export function resultText(call: i32): string {
  return String.UTF8.decode(resultPart(call, 0).buffer);
}

/** In `sluice_resume`: the body of what came. */
export function resultBytes(call: i32): Uint8Array {
  return resultPart(call, 1);
}

function resultPart(call: i32, part: i32): Uint8Array {
  const length = max(host.result_read(call, part, 0, 0, 0), 0);
  const bytes = new Uint8Array(length);
  host.result_read(call, part, 0, bytes.dataStart, length);
  return bytes;
}
