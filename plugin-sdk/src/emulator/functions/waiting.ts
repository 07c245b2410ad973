// Host functions for guests that wait: results, the end of a phase, timers.
import { Fault } from "../../abi.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

/** Between two calls of an interval, ms, as in the gateway. */
const MIN_INTERVAL_MS = 10;

export function waitingFunctions({
  host,
  memory,
  pending,
  settle,
}: GuestContext): HostFunctions<"settle" | "result_read" | "timer_start" | "timer_stop"> {
  /** Those of the clock, by call id. */
  const timers = new Map<number, number>();
  return {
    settle: (request, verdict) => (settle(request, verdict) ? 0 : Fault.badHandle),

    result_read: (id, part, offset, buffer, limit) => {
      const bytes = pending.part(id, part);
      if (bytes === undefined) return Fault.badHandle;
      const start = offset >>> 0;
      const count = Math.min(limit >>> 0, Math.max(0, bytes.length - start));
      if (count > 0) memory.bytes(buffer, count).set(bytes.subarray(start, start + count));
      return bytes.length;
    },

    timer_start: (delayMs, repeats) => {
      if (!(delayMs >= 0)) return Fault.badValue;
      const id = pending.start();
      if (id < 0) return id;
      const isInterval = repeats === 1;
      const timer = host.clock.start({
        delayMs: isInterval ? Math.max(delayMs, MIN_INTERVAL_MS) : delayMs,
        repeats: isInterval,
        fire: () => (isInterval ? pending.repeat(id, 0) : pending.finish(id, 0)),
      });
      timers.set(id, timer);
      return id;
    },

    timer_stop: (id) => {
      const timer = timers.get(id);
      timers.delete(id);
      if (timer === undefined || !host.clock.stop(timer)) return Fault.badHandle;
      pending.stop(id);
      return 0;
    },
  };
}
