// An upstream after parsing: how it balances, and how it learns of the health of its targets. Times in ms.
import type { SourcePosition } from "./model.ts";

export interface TargetConfig {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
}

export interface UpstreamConfig {
  readonly id: string;
  readonly name: string;
  readonly algorithm: Algorithm;
  /** Length of the round-robin schedule and of the table of consistent hashing, at most. */
  readonly slots: number;
  /** What consistent hashing goes by. */
  readonly hashOn: HashInput;
  /** What it goes by when a request has not the first. */
  readonly hashFallback: HashInput;
  /** Of the cookie that hashing by cookie sets. */
  readonly hashOnCookiePath: string;
  /** Of the algorithm sticky-sessions. */
  readonly stickyCookie: CookieConfig | undefined;
  /** Sent as Host instead of the target's own name. */
  readonly hostHeader: string | undefined;
  readonly healthchecks: HealthchecksConfig;
  /** Of each target; undefined for none. */
  readonly circuitBreaker: CircuitBreakerConfig | undefined;
  readonly targets: readonly TargetConfig[];
  readonly source: SourcePosition;
}

export type Algorithm = (typeof ALGORITHMS)[number];
/** Kong's, and `random`. */
export const ALGORITHMS = [
  "round-robin",
  "least-connections",
  "consistent-hashing",
  "latency",
  "sticky-sessions",
  "random",
] as const;

export type HashInput =
  | { readonly kind: "none" | "consumer" | "ip" | "path" }
  /** Headers in lower case. */
  | { readonly kind: "header" | "cookie" | "query_arg" | "uri_capture"; readonly name: string };

export interface CookieConfig {
  readonly name: string;
  readonly path: string;
}

export interface HealthchecksConfig {
  /** Share of the weight that must be healthy for any target to be used, percent. */
  readonly threshold: number;
  /** Undefined when nothing is probed. */
  readonly active: ActiveCheckConfig | undefined;
  /** Undefined when no request counts. */
  readonly passive: CheckRules | undefined;
}

export interface ActiveCheckConfig {
  readonly type: "http" | "tcp";
  readonly path: string;
  /** For all of a probe. */
  readonly timeoutMs: number;
  /** Probes of an upstream under way at once. */
  readonly concurrency: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Between probes of healthy targets; 0 for none. */
  readonly healthyIntervalMs: number;
  /** Between probes of unhealthy targets; 0 for none. */
  readonly unhealthyIntervalMs: number;
  readonly rules: CheckRules;
}

/** How many observations of a kind change a target's health; 0: any number of them does not. */
export interface CheckRules {
  readonly healthyStatuses: ReadonlySet<number>;
  readonly unhealthyStatuses: ReadonlySet<number>;
  readonly successes: number;
  readonly httpFailures: number;
  readonly tcpFailures: number;
  readonly timeouts: number;
}

/** Nothing is checked. */
export const NO_HEALTHCHECKS: HealthchecksConfig = {
  threshold: 0,
  active: undefined,
  passive: undefined,
};

/** Resilience4j's fields; rates in percent. */
export interface CircuitBreakerConfig {
  readonly failureRateThreshold: number;
  readonly slowCallRateThreshold: number;
  /** Until the head of the response. */
  readonly slowCallDurationThresholdMs: number;
  readonly waitDurationInOpenStateMs: number;
  readonly permittedNumberOfCallsInHalfOpenState: number;
  /** 0 for no limit. */
  readonly maxWaitDurationInHalfOpenStateMs: number;
  readonly slidingWindowType: "COUNT_BASED" | "TIME_BASED";
  /** Calls, or seconds. */
  readonly slidingWindowSize: number;
  readonly minimumNumberOfCalls: number;
  readonly automaticTransitionFromOpenToHalfOpenEnabled: boolean;
  /** Of responses that count as failures. */
  readonly failureStatuses: ReadonlySet<number>;
}
