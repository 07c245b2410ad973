// The clock of requests: somebody waits for the response, so that what is due keeps the process alive, unlike what runs in
// the background.
import type { Clock } from "../upstream/clock.ts";

export const waitingClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
