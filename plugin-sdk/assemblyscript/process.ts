// The gateway's log, clock and random numbers, and what a guest says of itself.
import * as host from "../src/engine/host";
import { ABI_VERSION, LogLevel, Verdict } from "./numbers";
import { first } from "./text";

export function sluice_abi_version(): i32 {
  return ABI_VERSION;
}

export function log(message: string, level: LogLevel = LogLevel.Info): void {
  first.utf8(message);
  host.log(level, first.pointer, first.length);
}

/** Says why the plugin cannot go on: `return fail("…")`. In configure it refuses the config. */
export function fail(message: string): i32 {
  first.utf8(message);
  host.fail(first.pointer, first.length);
  return Verdict.Failed;
}

/** Milliseconds since 1970. */
export function nowMs(): f64 {
  return host.now_ms();
}

/** From 0 up to, not including, 1. Not for secrets. */
export function randomNumber(): f64 {
  return host.random_number();
}

/** Cryptographically strong. */
export function randomBytes(length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  host.random_bytes(bytes.dataStart, length);
  return bytes;
}
