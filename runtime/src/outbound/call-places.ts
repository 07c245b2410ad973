// How many calls of one plugin are under way at a time, and how much memory they hold. Further calls wait for their turn.
import { FetchFailed } from "./fetch-failed.ts";

export const MAX_RUNNING_CALLS = 100;
export const MAX_WAITING_CALLS = 1000;
/** Bodies sent and received, of one plugin. */
export const MAX_HELD_BYTES: number = 64 * 1_048_576;

/** What one plugin has under way. */
interface Line {
  running: number;
  /** In the order in which they came. */
  readonly waiting: Set<() => void>;
  heldBytes: number;
}

export interface CallOptions {
  readonly plugin: string;
  /** Held from now on. */
  readonly bytes: number;
  readonly signal: AbortSignal;
}

/** Counts more bytes that a call holds until it ends; false when the plugin's calls hold too many. */
export type Hold = (bytes: number) => boolean;

export class CallPlaces {
  readonly #lines = new Map<string, Line>();

  /**
   * Runs the work when the plugin has a place for it. Rejected with the signal's reason when that comes first, and
   * with {@link FetchFailed} when too many wait already or hold too much.
   */
  async run<T>(
    { plugin, bytes, signal }: CallOptions,
    work: (hold: Hold) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const line = this.#line(plugin);
    let held = 0;
    const hold = (more: number): boolean => {
      if (line.heldBytes + more > MAX_HELD_BYTES) return false;
      line.heldBytes += more;
      held += more;
      return true;
    };
    if (!hold(bytes)) throw new FetchFailed("limit", HOLDS_TOO_MUCH);
    try {
      if (line.running < MAX_RUNNING_CALLS) line.running++;
      else await turn(line, signal);
      try {
        return await work(hold);
      } finally {
        leave(line);
      }
    } finally {
      line.heldBytes -= held;
      if (line.running === 0) this.#lines.delete(plugin);
    }
  }

  #line(plugin: string): Line {
    let line = this.#lines.get(plugin);
    if (line === undefined) {
      this.#lines.set(plugin, (line = { running: 0, waiting: new Set(), heldBytes: 0 }));
    }
    return line;
  }
}

export const HOLDS_TOO_MUCH: string = `what the plugin's calls send and receive is over ${MAX_HELD_BYTES} bytes`;

function leave(line: Line): void {
  const [next] = line.waiting;
  // The place goes from one to the other, so nobody can come in between.
  if (next === undefined) line.running--;
  else next();
}

function turn({ waiting }: Line, signal: AbortSignal): Promise<void> {
  if (waiting.size >= MAX_WAITING_CALLS) {
    const most = MAX_RUNNING_CALLS + MAX_WAITING_CALLS;
    throw new FetchFailed("limit", `the plugin has ${most} requests under way`);
  }
  return new Promise((resolve, reject) => {
    const leaveLine = (): void => {
      waiting.delete(enter);
      signal.removeEventListener("abort", giveUp);
    };
    const enter = (): void => {
      leaveLine();
      resolve();
    };
    const giveUp = (): void => {
      leaveLine();
      reject(signal.reason);
    };
    waiting.add(enter);
    signal.addEventListener("abort", giveUp);
  });
}
