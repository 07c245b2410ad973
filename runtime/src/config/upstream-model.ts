// An upstream after parsing: how it balances, and how it learns of the health of its targets. Times in ms.
import type { ErrorCode } from "../errors.ts";
import type { BoundsConfig, GradientControllerConfig } from "./bounds-model.ts";
import type { SourcePosition } from "./model.ts";

export interface TargetConfig {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  /** 0, when it is left out, is the highest. */
  readonly priority?: number;
  /** Sent as Host, when it is not the host and port: those of the name that the host is an address of. */
  readonly authority?: string;
}

/** A registry that an upstream's targets come from, besides those of the config. */
export interface DiscoveryConfig {
  /** The kind of registry, see discovery/sources. */
  readonly type: string;
  /** The gateway is not ready before it has heard of it. */
  readonly isRequired: boolean;
  /** Of the config, absolute: paths are relative to it. */
  readonly folder: string;
  /** As the kind's own schema gives them, with secrets: never to be logged or shown. */
  readonly fields: unknown;
}

export interface UpstreamConfig {
  readonly id: string;
  readonly name: string;
  readonly algorithm: Algorithm;
  /** Length of the table of consistent hashing. */
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
  /** Percent: how much more than its share the healthy part of a priority can carry (Envoy). */
  readonly overprovisioningFactor: number;
  /** Percent of a priority's weight; below it all targets are used. 0 for never. */
  readonly healthyPanicThreshold: number;
  /** Undefined for none. */
  readonly slowStart: SlowStartConfig | undefined;
  /** Undefined for none. */
  readonly outlierDetection: OutlierDetectionConfig | undefined;
  /** Undefined for none. */
  readonly circuitBreaker: CircuitBreakerConfig | undefined;
  /** Undefined for none. */
  readonly bounds?: BoundsConfig | undefined;
  /** Undefined for none. */
  readonly adaptiveConcurrency?: GradientControllerConfig | undefined;
  readonly targets: readonly TargetConfig[];
  /** Undefined for none. */
  readonly discovery?: DiscoveryConfig | undefined;
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

export type CheckType = (typeof CHECK_TYPES)[number];
export const CHECK_TYPES = ["http", "https", "tcp", "grpc", "grpcs"] as const;

export interface ActiveCheckConfig {
  readonly type: CheckType;
  /** Of https and grpcs: the name that the certificate must be for; undefined for the target's host. */
  readonly sni: string | undefined;
  readonly verifiesCertificate: boolean;
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
  /** Errors that count as failures, while the others count as successes; undefined when all are failures. */
  readonly recordExceptions: ReadonlySet<ErrorCode> | undefined;
  /** Errors that count for nothing. */
  readonly ignoreExceptions: ReadonlySet<ErrorCode>;
  readonly initialState: SettableState;
  /** What has one of its own. */
  readonly per: BreakerScope;
}

/** States that somebody may put a circuit breaker into. */
export type SettableState = (typeof SETTABLE_STATES)[number];
export const SETTABLE_STATES = [
  "closed",
  "open",
  "disabled",
  "metrics_only",
  "forced_open",
] as const;

export type BreakerScope = (typeof BREAKER_SCOPES)[number];
export const BREAKER_SCOPES = ["target", "upstream", "route"] as const;

/** Envoy's fields. */
export interface SlowStartConfig {
  readonly windowMs: number;
  /** 1 for a straight line; above, the weight grows fast first. */
  readonly aggression: number;
  /** Of its weight, at the beginning. */
  readonly minWeightPercent: number;
}

/** Envoy's fields; percents and, for `enforcing`, chances in percent. */
export interface OutlierDetectionConfig {
  readonly intervalMs: number;
  readonly baseEjectionTimeMs: number;
  readonly maxEjectionTimeMs: number;
  readonly maxEjectionTimeJitterMs: number;
  readonly maxEjectionPercent: number;
  readonly alwaysEjectOneHost: boolean;
  /** Of the targets that must stay healthy and unejected. */
  readonly minHealthPercent: number;
  readonly consecutive5xx: number;
  readonly consecutiveGatewayFailure: number;
  readonly consecutiveLocalOriginFailure: number;
  readonly successRateMinimumHosts: number;
  readonly successRateRequestVolume: number;
  /** Thousandths of the standard deviation. */
  readonly successRateStdevFactor: number;
  readonly failurePercentageThreshold: number;
  readonly failurePercentageMinimumHosts: number;
  readonly failurePercentageRequestVolume: number;
  readonly splitExternalLocalOriginErrors: boolean;
  readonly successfulActiveHealthCheckUnejectHost: boolean;
  readonly enforcing: Readonly<Record<OutlierDetector, number>>;
}

export type OutlierDetector = (typeof OUTLIER_DETECTORS)[number];
export const OUTLIER_DETECTORS = [
  "consecutive_5xx",
  "consecutive_gateway_failure",
  "consecutive_local_origin_failure",
  "success_rate",
  "local_origin_success_rate",
  "failure_percentage",
  "failure_percentage_local_origin",
] as const;
