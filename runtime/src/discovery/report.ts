// What operators see of discovery.

/** waiting: nothing was heard yet. failing: the last known targets are used. */
export type DiscoveryState = "waiting" | "watching" | "failing";

/** Where an upstream's targets come from besides its config. */
export interface UpstreamDiscovery {
  /** Undefined when it has none. */
  readonly registry: DiscoveryReport | undefined;
  readonly names: readonly NameReport[];
}

/** Of an upstream whose targets come from a registry. */
export interface DiscoveryReport {
  readonly type: string;
  readonly state: DiscoveryState;
  /** Since when, ms since 1970. */
  readonly sinceMs: number;
  /** How old what is known is, ms; undefined when nothing is. */
  readonly ageMs: number | undefined;
  /** What the registry lists; a name may stand for several targets. */
  readonly targets: number;
  /** Lists that were different from the one before. */
  readonly updates: number;
  readonly errors: number;
  readonly error: string | undefined;
  /** The gateway is not ready before it has heard of these. */
  readonly isRequired: boolean;
}

/** Of a name that targets or services have. */
export interface NameReport {
  readonly name: string;
  readonly type: string | undefined;
  readonly addresses: readonly string[];
  readonly error: string | undefined;
}
