// Closes a listener at a moment when nobody waits in its queue. The kernel resets those who do, even where another
// process listens on the same address (unless net.ipv4.tcp_migrate_req is 1), and user space cannot ask for the
// queue's length. But when the event loop has slept for a millisecond, nobody came, and it is back at once, the queue
// is empty but for what came in these microseconds. Sleeping matters: a loop that spins is preempted just here.
import type { Listener } from "../platform/socket.ts";

/** Turns in a row without a new connection. */
const QUIET_TURNS = 2;
/** The sleep of a turn, and the longest turn that left next to no time for anything else, ms. */
const SLEEP_MS = 1;
const SHORT_TURN_MS = 1.2;
/** For a quiet moment, at most, ms. */
const MAX_WAIT_MS = 2000;
/** A busy event loop has no short turns: as time goes by, longer ones do, ms for each second. */
const EASING_MS_PER_SECOND = 0.5;

/** `accepted` counts all connections so far; `turn` lets the event loop look for more. */
export async function stopAccepting(
  listener: Listener,
  accepted: () => number,
  turn: () => Promise<void> = sleep,
): Promise<void> {
  await listener.prepareToClose();
  const startedAtMs = performance.now();
  let seen = accepted();
  let quietTurns = 0;
  let nowMs = startedAtMs;
  while (quietTurns < QUIET_TURNS && nowMs - startedAtMs < MAX_WAIT_MS) {
    const turnAtMs = performance.now();
    await turn();
    nowMs = performance.now();
    const easedMs = ((nowMs - startedAtMs) / 1000) * EASING_MS_PER_SECOND;
    const isShort = nowMs - turnAtMs < SHORT_TURN_MS + easedMs;
    quietTurns = isShort && accepted() === seen ? quietTurns + 1 : 0;
    seen = accepted();
  }
  listener.close();
}

function sleep(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SLEEP_MS));
}
