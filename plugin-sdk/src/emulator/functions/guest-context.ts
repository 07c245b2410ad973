// What the host functions of one instance work on.
import type { HostFunction } from "../../abi.ts";
import type { GuestMemory } from "../guest-memory.ts";
import type { HostState } from "../host-state.ts";
import type { OpenQuotas } from "../open-quotas.ts";
import type { PendingCalls } from "../pending-calls.ts";
import type { PhaseCalls } from "../phase-calls.ts";

export interface GuestContext {
  readonly host: HostState;
  readonly memory: GuestMemory;
  readonly calls: PhaseCalls;
  readonly pending: PendingCalls;
  readonly quotas: OpenQuotas;
  /** Ends a phase that waits; false for a handle that does not. */
  settle(request: number, verdict: number): boolean;
}

export type HostFunctions<Names extends HostFunction> = Record<
  Names,
  (...values: number[]) => number
>;
