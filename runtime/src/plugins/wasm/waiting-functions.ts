// Host functions for guests that wait (ABI.md, section "Waiting"): results, the end of a phase, timers.
import { Fault } from "@sluice/plugin-sdk/abi";
import type { GuestCall } from "./guest-call.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { PendingCalls } from "./pending-calls.ts";
import type { Timers } from "./timers.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

export interface WaitingFunctionOptions {
  readonly memory: GuestMemory;
  readonly call: GuestCall;
  readonly pending: PendingCalls;
  readonly timers: Timers;
  /** Ends a phase that waits; false for a handle that does not. */
  settle(request: number, verdict: number): boolean;
}

export function waitingFunctions({
  memory,
  call,
  pending,
  timers,
  settle,
}: WaitingFunctionOptions): HostFunctions<"settle" | "result_read" | "timer_start" | "timer_stop"> {
  return {
    settle: (_, request, verdict) => (settle(request, verdict) ? 0 : Fault.badHandle),

    result_read: (_, id, part, offset, buffer, limit) => {
      const bytes = pending.part(id, part);
      if (bytes === undefined) return Fault.badHandle;
      const start = offset >>> 0;
      const count = Math.min(limit >>> 0, Math.max(0, bytes.length - start));
      if (count > 0) bytes.copy(memory.bytes(buffer, count), 0, start, start + count);
      return bytes.length;
    },

    timer_start: (_, delayMs, repeats) => {
      if (!(delayMs >= 0)) return Fault.badValue;
      return timers.start(call.entry, delayMs, repeats === 1);
    },

    timer_stop: (_, id) => (timers.stop(id) ? 0 : Fault.badHandle),
  };
}
