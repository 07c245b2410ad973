// Which limit on an upstream is over: each has a code of its own (U2).
import type { Deadlines } from "../deadlines.ts";
import type { ErrorCode } from "../errors.ts";

/** On the head of a response, from the end of the request on. */
export class HeadLimit {
  /** Monotonic, ms; Infinity for none. */
  atMs: number = Infinity;

  begin(deadlines: Deadlines, durationMs: number): void {
    if (durationMs !== Infinity) this.atMs = deadlines.after(durationMs);
  }

  /** The head is here. Whether there was a limit. */
  end(): boolean {
    const wasSet = this.atMs !== Infinity;
    this.atMs = Infinity;
    return wasSet;
  }
}

/** Why a call is given up at a deadline. */
export function overdue(
  isConnected: boolean,
  isBlocked: boolean,
  headLimit: HeadLimit,
): { readonly code: ErrorCode; readonly detail: string } {
  if (!isConnected) {
    return { code: "upstream_connect_timeout", detail: "connecting took too long" };
  }
  if (isBlocked) {
    return { code: "upstream_write_timeout", detail: "the upstream took nothing in time" };
  }
  return headLimit.atMs <= performance.now()
    ? { code: "upstream_head_timeout", detail: "the response's head did not come in time" }
    : { code: "upstream_timeout", detail: "the upstream sent nothing in time" };
}
