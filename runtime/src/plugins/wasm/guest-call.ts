// The call that a guest is in the middle of: which request it may touch, in which phase, for how long.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../../exchange.ts";

export type CallPhase = Phase | "configure";

/** Handles stay positive 32-bit numbers; 0 is never one. */
const MAX_HANDLE = 0x7fff_ffff;

export class GuestCall {
  handle = 0;
  exchange: Exchange | undefined;
  phase: CallPhase | undefined;
  /** Index of the plugin entry. */
  entry = -1;
  /** Monotonic, ms. */
  deadlineAtMs = 0;
  isOverdue = false;
  /** The guest called `respond`. */
  hasResponded = false;
  /** What the guest said with `fail`. */
  failure: string | undefined;
  #lastHandle = 0;

  /** Opens the call. A handle is never used twice in a row, so that one kept from an ended request is noticed. */
  begin(
    phase: CallPhase,
    entry: number,
    exchange: Exchange | undefined,
    deadlineAtMs: number,
  ): number {
    this.#lastHandle = this.#lastHandle === MAX_HANDLE ? 1 : this.#lastHandle + 1;
    this.handle = this.#lastHandle;
    this.phase = phase;
    this.entry = entry;
    this.exchange = exchange;
    this.deadlineAtMs = deadlineAtMs;
    this.isOverdue = false;
    this.hasResponded = false;
    this.failure = undefined;
    return this.handle;
  }

  /** From here on every host function that asks for a request refuses. */
  end(): void {
    this.handle = 0;
    this.exchange = undefined;
    this.phase = undefined;
  }

  /** The exchange of a handle, if it is the one of this call. */
  exchangeOf(handle: number): Exchange | undefined {
    return handle === this.handle ? this.exchange : undefined;
  }

  checkDeadline(): number {
    if (!this.isOverdue && performance.now() > this.deadlineAtMs) this.isOverdue = true;
    return this.isOverdue ? 1 : 0;
  }
}
