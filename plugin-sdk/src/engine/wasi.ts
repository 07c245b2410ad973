// What quickjs.wasm imports, given by the host functions or not at all: the output has no WASI import.
import { now_ms } from "./host";

/** Both the wall clock and the monotonic one: nanoseconds. */
export function clock_time_get(clock: i32, precision: i64, out: usize): i32 {
  store<u64>(out, <u64>(now_ms() * 1000000.0));
  return 0;
}

/** The C library asks once, at start, for its stack canary: that would differ from build to build. */
export function random_get(buffer: usize, length: i32): i32 {
  memory.fill(buffer, 0xa5, length);
  return 0;
}

const EBADF: i32 = 8;

export function fd_close(fd: i32): i32 {
  return EBADF;
}

export function fd_fdstat_get(fd: i32, out: usize): i32 {
  return EBADF;
}

export function fd_seek(fd: i32, offset: i64, whence: i32, out: usize): i32 {
  return EBADF;
}

export function fd_write(fd: i32, vectors: usize, count: i32, out: usize): i32 {
  return EBADF;
}

/** Guests live in UTC. */
export function host_get_timezone_offset(secondsLow: i32, secondsHigh: i32): i32 {
  return 0;
}

// Callbacks of quickjs-wasi's own embedding layer, which the glue goes around.

export function host_interrupt(): i32 {
  return unreachable();
}

export function host_promise_rejection(promise: i32, reason: i32, isHandled: i32): void {
  unreachable();
}

export function host_module_normalize(base: i32, name: i32): i32 {
  return unreachable();
}

export function host_module_load(name: i32, out: i32): i32 {
  return unreachable();
}

export function host_call(name: i32, length: i32, self: i32, argc: i32, argv: i32): i32 {
  return unreachable();
}
