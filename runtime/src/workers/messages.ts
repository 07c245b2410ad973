// What the supervisor and its workers say to each other.
import type { ConfigText } from "../assemble.ts";
import type { Address } from "../platform/socket.ts";
import type { Preparation } from "../proxy-thread.ts";
import type { Settings } from "../settings.ts";
import type { Family } from "../status/families.ts";
import type { BreakerScope } from "../upstream/breaker/breakers.ts";
import type { SettableState } from "../config/upstream-model.ts";
import type { UpstreamReport } from "../upstream/report.ts";
import type { SharedMemory } from "../store/shared/layout.ts";

/** What a worker is started with. */
export interface WorkerOptions {
  /** From 1; a restarted worker keeps its number. */
  readonly number: number;
  /** Its number as a holder of locks, which no other thread has or had. */
  readonly holder: number;
  readonly settings: Settings;
  readonly pluginFolders: readonly string[];
  readonly memory: SharedMemory;
  /** The same, of the store for large values. */
  readonly largeMemory: SharedMemory;
}

/** What the supervisor asks for. */
export type Call =
  | { readonly kind: "prepare"; readonly config: ConfigText }
  | { readonly kind: "commit" }
  | { readonly kind: "discard" }
  | { readonly kind: "listen"; readonly address: Address }
  | { readonly kind: "report" }
  | {
      readonly kind: "setTargetHealth";
      readonly upstream: string;
      readonly target: string;
      readonly isHealthy: boolean;
    }
  | {
      readonly kind: "setBreakers";
      readonly upstream: string;
      readonly scope: BreakerScope;
      readonly state: SettableState;
    }
  /** The worker ends after it. */
  | { readonly kind: "drain"; readonly limitMs: number };

export interface Answers {
  readonly prepare: Preparation;
  readonly commit: undefined;
  readonly discard: undefined;
  readonly listen: Address;
  readonly report: WorkerReport;
  /** False when there is no such target. */
  readonly setTargetHealth: boolean;
  /** False when there is none. */
  readonly setBreakers: boolean;
  readonly drain: undefined;
}

export interface WorkerReport {
  readonly families: readonly Family[];
  readonly upstreams: readonly UpstreamReport[];
  readonly connections: number;
  readonly requestsInFlight: number;
}

export type ToWorker =
  | { readonly kind: "call"; readonly id: number; readonly call: Call }
  /** The supervisor's monotonic clock now, ms: what is shared expires by that one. */
  | { readonly kind: "clock"; readonly nowMs: number };

export type FromWorker =
  /** It takes calls; it is to be told the time at once. */
  | { readonly kind: "up" }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly message: string }
  | { readonly kind: "log"; readonly line: string }
  /** Its last words. */
  | { readonly kind: "crashed"; readonly message: string; readonly report: WorkerReport };
