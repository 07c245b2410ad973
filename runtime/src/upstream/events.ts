// What happens to the targets of upstreams, for the log.
import type { ScopedTransition } from "./breaker/breakers.ts";

export interface UpstreamEvents {
  onTransition(transition: Transition): void;
  onBreakerTransition(transition: ScopedTransition): void;
  onOutlier(event: OutlierEvent): void;
  onLevelChange(change: LevelChange): void;
}

/** A target was taken out, or is back. */
export interface Transition {
  readonly upstream: string;
  readonly target: string;
  readonly isHealthy: boolean;
  readonly reason: string;
}

/** A target was ejected for a time, is back, or was spared because too many are out. */
export interface OutlierEvent {
  readonly kind: "ejected" | "returned" | "spared";
  readonly upstream: string;
  readonly target: string;
  readonly reason: string;
  /** Of an ejection. */
  readonly lastsMs?: number;
}

/** Requests go to a priority of an upstream from now on or no more, or to all of its targets or only the healthy ones. */
export interface LevelChange {
  readonly kind: LevelChangeKind;
  readonly upstream: string;
  readonly priority: number;
  /** Percent of the requests. */
  readonly load: number;
  /** Percent of its weight. */
  readonly healthy: number;
}

export type LevelChangeKind = (typeof LEVEL_CHANGES)[number];
export const LEVEL_CHANGES = ["used", "unused", "panic", "panic_over"] as const;
