// What the status API shows of an upstream. Words of health are Kong's.
import type { UpstreamConfig } from "../config/upstream-model.ts";
import type { Rates } from "./breaker/call-window.ts";
import type { BreakerState } from "./breaker/circuit-breaker.ts";
import type { Target } from "./target.ts";

export type Health = "HEALTHY" | "UNHEALTHY" | "HEALTHCHECKS_OFF";

export interface UpstreamReport {
  readonly name: string;
  readonly algorithm: string;
  /** UNHEALTHY: less of the weight is healthy than the threshold says, and requests get 503. */
  readonly health: Health;
  /** Percent. */
  readonly threshold: number;
  readonly healthyWeightPercent: number;
  readonly targets: readonly TargetReport[];
}

export interface TargetReport {
  readonly target: string;
  readonly weight: number;
  readonly health: Health;
  /** Of its last transition, if there was one. */
  readonly reason: string | undefined;
  /** Of that, ms since 1970. */
  readonly sinceMs: number | undefined;
  readonly transitions: { readonly healthy: number; readonly unhealthy: number };
  /** Undefined when nobody counts them. */
  readonly activeTries: number | undefined;
  /** Moving average; undefined when nothing was measured. */
  readonly latencyMs: number | undefined;
  /** Undefined when it has none. */
  readonly circuitBreaker: BreakerReport | undefined;
  /** Undefined where there are no workers. */
  readonly unhealthyWorkers?: readonly number[];
}

export interface BreakerReport {
  readonly state: BreakerState;
  readonly rates: Rates;
  /** How often it went into which state. */
  readonly transitions: Readonly<Record<BreakerState, number>>;
}

export function reportOf(
  config: UpstreamConfig,
  targets: readonly Target[],
  nowMs: number,
): UpstreamReport {
  const { name, algorithm, healthchecks } = config;
  const { threshold, active, passive } = healthchecks;
  const isChecked = active !== undefined || passive !== undefined;
  const percent = healthyWeightPercent(targets);
  const good: Health = isChecked ? "HEALTHY" : "HEALTHCHECKS_OFF";
  return {
    name,
    algorithm,
    health: percent > 0 && percent >= threshold ? good : "UNHEALTHY",
    threshold,
    healthyWeightPercent: percent,
    targets: targets.map((target) => {
      const report = targetReport(target, good, nowMs);
      return isObserved(config) ? report : { ...report, activeTries: undefined };
    }),
  };
}

function targetReport(target: Target, good: Health, nowMs: number): TargetReport {
  const { address, weight, state } = target;
  const latency = state?.latency;
  return {
    target: address,
    weight,
    health: isHealthy(target) ? good : "UNHEALTHY",
    reason: state?.lastTransition?.reason,
    sinceMs: state?.lastTransition?.atMs,
    transitions: { healthy: 0, unhealthy: 0, ...state?.transitions },
    activeTries: state?.activeTries ?? 0,
    latencyMs: latency?.isKnown === true ? latency.at(nowMs) : undefined,
    circuitBreaker: state?.breaker && {
      state: state.breaker.state,
      rates: state.breaker.rates,
      transitions: { ...state.breakerTransitions },
    },
  };
}

/** Requests say what becomes of their tries. */
export function isObserved({ algorithm, healthchecks, circuitBreaker }: UpstreamConfig): boolean {
  return (
    algorithm === "least-connections" ||
    algorithm === "latency" ||
    healthchecks.passive !== undefined ||
    circuitBreaker !== undefined
  );
}

/** 0 when there is none. */
export function healthyWeightPercent(targets: readonly Target[]): number {
  const weightOf = (those: readonly Target[]): number =>
    those.reduce((sum, { weight }) => sum + weight, 0);
  const total = weightOf(targets);
  return total === 0 ? 0 : (weightOf(targets.filter(isHealthy)) / total) * 100;
}

/** It is healthy, and its circuit breaker lets something through. */
export function isUsable(target: Target): boolean {
  return isHealthy(target) && (target.state?.breaker?.permits ?? true);
}

export function isHealthy(target: Target): boolean {
  return target.state?.health.isHealthy ?? true;
}
