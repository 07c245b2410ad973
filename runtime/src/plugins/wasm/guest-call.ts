// What a guest is in the middle of: the call that runs, and the phases of requests that wait for something.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { GatewayError } from "../../errors.ts";
import type { Exchange } from "../../exchange.ts";
import { CallDeadline } from "./call-deadline.ts";
import type { Recording } from "./decisions/recording.ts";

export type CallPhase = Phase | "configure" | "resume";

/** Handles stay positive 32-bit numbers; 0 is never one. */
const MAX_HANDLE = 0x7fff_ffff;

/** One phase of one request in a guest. */
export class PhaseCall {
  handle = 0;
  exchange: Exchange | undefined;
  phase: CallPhase | undefined;
  /** Index of the plugin entry. */
  entry = -1;
  /** The guest called `respond`. */
  hasResponded = false;
  /** In the guest so far, ms; counted from the moment when it waits. */
  spentMs = 0;
  /** The piece of a body that a call is for, or what the guest put in its place. */
  chunk: Buffer | undefined;
  /** What the guest reads and does, when that is to be done again. */
  recording: Recording | undefined;
  /** What the request fails with when the phase does, instead of the plugin's fault. */
  failsAs: GatewayError | undefined;

  /** The client went away while the phase waited; in the log phase the request is over by nature. */
  get hasLostRequest(): boolean {
    return this.exchange?.isOver === true && this.phase !== "log";
  }
}

export class GuestCall {
  isOverdue = false;
  /** The guest is running. */
  isRunning = false;
  /** What the guest said with `fail`. */
  failure: string | undefined;
  #current = new PhaseCall();
  readonly #suspended = new Map<number, PhaseCall>();
  readonly #deadline = new CallDeadline();
  #lastHandle = 0;

  /** Index of the plugin entry that the current call is for. */
  get entry(): number {
    return this.#current.entry;
  }

  /** It prepares for a config; no request has come. */
  get isConfiguring(): boolean {
    return this.#current.phase === "configure";
  }

  /** The guest called `respond` in the current call. */
  get hasResponded(): boolean {
    return this.#current.hasResponded;
  }

  get failsAs(): GatewayError | undefined {
    return this.#current.failsAs;
  }

  /** From now on, of the call that was just opened. */
  record(recording: Recording | undefined): void {
    this.#current.recording = recording;
  }

  /** The recording of the current call, for what the guest reads of a request or does to it; other requests spoil it. */
  recordingOf(handle: number): Recording | undefined {
    const { recording } = this.#current;
    if (recording !== undefined && handle !== this.#current.handle) recording.spoil();
    return recording;
  }

  /** Something happens that a recording does not have. */
  spoilRecording(): void {
    this.#current.recording?.spoil();
  }

  /** Hands a piece of a body to the call that was just opened. */
  giveChunk(chunk: Buffer): void {
    this.#current.chunk = chunk;
  }

  /** What the guest leaves of it. */
  takeChunk(): Buffer | undefined {
    const { chunk } = this.#current;
    this.#current.chunk = undefined;
    return chunk;
  }

  /** Opens the call. A handle is never used twice in a row, so that one kept from an ended request is noticed. */
  begin(
    phase: CallPhase,
    entry: number,
    exchange: Exchange | undefined,
    deadlineAtMs: number,
  ): number {
    this.#lastHandle = this.#lastHandle === MAX_HANDLE ? 1 : this.#lastHandle + 1;
    const current = this.#current;
    current.handle = this.#lastHandle;
    current.phase = phase;
    current.entry = entry;
    current.exchange = exchange;
    current.hasResponded = false;
    current.chunk = undefined;
    current.recording = undefined;
    current.failsAs = undefined;
    this.#deadline.set(deadlineAtMs);
    this.isOverdue = false;
    this.isRunning = true;
    this.failure = undefined;
    return current.handle;
  }

  /** From here on every host function that asks for the request refuses. */
  end(): void {
    const current = this.#current;
    current.handle = 0;
    current.exchange = undefined;
    current.phase = undefined;
    this.isRunning = false;
  }

  /** Ends the call, but not its phase: the handle stays good until it is {@link release}d. */
  suspend(): PhaseCall {
    const waiting = this.#current;
    this.#suspended.set(waiting.handle, waiting);
    this.#current = new PhaseCall();
    this.isRunning = false;
    return waiting;
  }

  release(handle: number): void {
    this.#suspended.delete(handle);
  }

  /** The phase of a handle, if it is in this call or waits. */
  of(handle: number): PhaseCall | undefined {
    if (handle === this.#current.handle) return this.#current;
    const waiting = this.#suspended.get(handle);
    return waiting?.hasLostRequest === true ? undefined : waiting;
  }

  /** The exchange of a handle, if it is good. */
  exchangeOf(handle: number): Exchange | undefined {
    return this.of(handle)?.exchange;
  }

  phaseOf(handle: number): CallPhase | undefined {
    return this.of(handle)?.phase;
  }

  /** Whether the call has used up its time, and so much more. */
  checkDeadline(graceMs: number = 0): boolean {
    if (!this.isOverdue) this.isOverdue = this.#deadline.isOver(graceMs);
    return this.isOverdue;
  }
}
