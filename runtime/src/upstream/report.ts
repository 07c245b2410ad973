// What the status API shows of an upstream. Words of health are Kong's.
import type { UpstreamDiscovery } from "../discovery/report.ts";
import type { OutlierDetector, UpstreamConfig } from "../config/upstream-model.ts";
import type { BoundsReport } from "./bounds/bounds.ts";
import { breakerReport } from "./breaker/report.ts";
import type { BreakerReport, RouteBreakerReport } from "./breaker/report.ts";
import { epochMs } from "../exchange.ts";
import type { BalancedTargets } from "./balanced-targets.ts";
import type { LevelChangeCounts, LevelChanges } from "./level-changes.ts";
import { slowStartShare } from "./slow-start.ts";
import type { Target } from "./target.ts";

export type Health = "HEALTHY" | "UNHEALTHY" | "HEALTHCHECKS_OFF";

export interface UpstreamReport {
  /** Undefined when all there is to know of its targets is in the config. */
  readonly discovery?: UpstreamDiscovery | undefined;
  readonly name: string;
  readonly algorithm: string;
  /** UNHEALTHY: less of the weight is healthy than the threshold says, and requests get 503. */
  readonly health: Health;
  /** Percent. */
  readonly threshold: number;
  readonly healthyWeightPercent: number;
  /** The highest first. */
  readonly priorities: readonly PriorityReport[];
  readonly targets: readonly TargetReport[];
  /** Of all of it; undefined when it has none. */
  readonly circuitBreaker?: BreakerReport | undefined;
  /** Of routes that lead to it, where each has one. */
  readonly routeBreakers?: readonly RouteBreakerReport[];
  /** Undefined when nothing is bounded. */
  readonly bounds?: BoundsReport | undefined;
}

/** Percents. */
export interface PriorityReport {
  readonly priority: number;
  readonly healthyWeightPercent: number;
  /** Of the requests. */
  readonly load: number;
  /** All of its targets are used, whatever their health. */
  readonly isPanic: boolean;
  readonly transitions: LevelChangeCounts;
}

export interface TargetReport {
  readonly target: string;
  readonly weight: number;
  readonly priority: number;
  /** By checks; one that is ejected may well be HEALTHY. */
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
  /** Undefined when it is not ejected. */
  readonly ejection: EjectionReport | undefined;
  /** How often it was ejected, by what; undefined without outlier detection. */
  readonly ejections: Readonly<Partial<Record<OutlierDetector, number>>> | undefined;
  /** How much of its weight it counts for, percent, while it starts slowly. */
  readonly slowStartPercent: number | undefined;
  /** Undefined where there are no workers. */
  readonly unhealthyWorkers?: readonly number[];
}

/** Times in ms since 1970. */
export interface EjectionReport {
  readonly reason: string;
  readonly sinceMs: number;
  /** It is back at the first interval after that. */
  readonly untilMs: number;
}

export function reportOf(
  { config, targets, levels }: BalancedTargets,
  changes: LevelChanges,
  nowMs: number,
): UpstreamReport {
  const { name, algorithm, healthchecks } = config;
  const { threshold, active, passive } = healthchecks;
  const isChecked = active !== undefined || passive !== undefined;
  const percent = healthyWeightPercent(targets);
  const isOpen = percent >= threshold && (percent > 0 || levels.some(({ isPanic }) => isPanic));
  const good: Health = isChecked ? "HEALTHY" : "HEALTHCHECKS_OFF";
  return {
    name,
    algorithm,
    health: isOpen ? good : "UNHEALTHY",
    threshold,
    healthyWeightPercent: percent,
    priorities: levels.map(({ priority, healthy, total, load, isPanic }) => ({
      priority,
      healthyWeightPercent: (healthy / total) * 100,
      load: load * 100,
      isPanic,
      transitions: changes.of(priority),
    })),
    targets: targets.map((target) => {
      const report = { ...targetReport(target, good, nowMs), ...slowStart(target, config, nowMs) };
      return {
        ...report,
        activeTries: isObserved(config) ? report.activeTries : undefined,
        ejections: config.outlierDetection && report.ejections,
      };
    }),
  };
}

function targetReport(target: Target, good: Health, nowMs: number): TargetReport {
  const { address, weight, priority = 0, state } = target;
  const latency = state?.latency;
  const ejection = state?.outlier.ejection;
  return {
    target: address,
    weight,
    priority,
    health: state?.health.isHealthy === false ? "UNHEALTHY" : good,
    reason: state?.lastTransition?.reason,
    sinceMs: state?.lastTransition?.atMs,
    transitions: { healthy: 0, unhealthy: 0, ...state?.transitions },
    activeTries: state?.activeTries ?? 0,
    latencyMs: latency?.isKnown === true ? latency.at(nowMs) : undefined,
    circuitBreaker: state?.breaker && breakerReport(state.breaker),
    ejection: ejection && {
      reason: ejection.reason,
      sinceMs: epochMs(ejection.sinceMs),
      untilMs: epochMs(ejection.untilMs),
    },
    ejections: Object.fromEntries(state?.outlier.ejections ?? []),
    slowStartPercent: undefined,
  };
}

function slowStart(
  { state }: Target,
  { slowStart: rules }: UpstreamConfig,
  nowMs: number,
): Partial<TargetReport> {
  if (rules === undefined || state === undefined) return {};
  const share = slowStartShare(nowMs - state.backSinceMs, rules);
  return share < 1 ? { slowStartPercent: share * 100 } : {};
}

/** Requests say what becomes of their tries. */
export function isObserved({
  algorithm,
  healthchecks,
  circuitBreaker,
  outlierDetection,
  adaptiveConcurrency,
}: UpstreamConfig): boolean {
  return (
    adaptiveConcurrency !== undefined ||
    outlierDetection !== undefined ||
    algorithm === "least-connections" ||
    algorithm === "latency" ||
    healthchecks.passive !== undefined ||
    circuitBreaker !== undefined
  );
}

/** 0 when there is none. */
function healthyWeightPercent(targets: readonly Target[]): number {
  const weightOf = (those: readonly Target[]): number =>
    those.reduce((sum, { weight }) => sum + weight, 0);
  const total = weightOf(targets);
  return total === 0 ? 0 : (weightOf(targets.filter(isHealthy)) / total) * 100;
}

/** As far as its circuit breaker is concerned. */
export function permits({ state }: Target): boolean {
  return state?.breaker?.permits ?? true;
}

/** Checks find it well, and it is not ejected. */
export function isHealthy({ state }: Target): boolean {
  return state === undefined || (state.health.isHealthy && state.outlier.ejection === undefined);
}
