// Upstreams as the status API shows them.
import type { BoundsReport } from "../upstream/bounds/bounds.ts";
import type { BreakerReport } from "../upstream/breaker/report.ts";
import { discoveryStatus } from "./discovery.ts";
import type { TargetReport, UpstreamReport } from "../upstream/report.ts";

export function upstreamStatus(report: UpstreamReport): Record<string, unknown> {
  return {
    name: report.name,
    algorithm: report.algorithm,
    health: report.health,
    threshold: report.threshold,
    healthy_weight_percent: rounded(report.healthyWeightPercent),
    priorities: report.priorities.map((level) => ({
      priority: level.priority,
      healthy_weight_percent: rounded(level.healthyWeightPercent),
      load: rounded(level.load),
      is_panic: level.isPanic,
      transitions: level.transitions,
    })),
    circuit_breaker: report.circuitBreaker && breakerStatus(report.circuitBreaker),
    routes: report.routeBreakers?.map((breaker) => ({
      route: breaker.route,
      circuit_breaker: breakerStatus(breaker),
    })),
    circuit_breakers: report.bounds && boundsStatus(report.bounds),
    discovery: report.discovery && discoveryStatus(report.discovery),
    targets: report.targets.map(targetStatus),
  };
}

function targetStatus(target: TargetReport): Record<string, unknown> {
  const { sinceMs, latencyMs, circuitBreaker: breaker, ejection, slowStartPercent } = target;
  return {
    target: target.target,
    weight: target.weight,
    priority: target.priority,
    health: target.health,
    reason: target.reason,
    since: sinceMs === undefined ? undefined : date(sinceMs),
    transitions: target.transitions,
    active_tries: target.activeTries,
    latency_ms: latencyMs === undefined ? undefined : rounded(latencyMs),
    slow_start_percent: slowStartPercent === undefined ? undefined : rounded(slowStartPercent),
    ejection: ejection && {
      reason: ejection.reason,
      since: date(ejection.sinceMs),
      until: date(ejection.untilMs),
    },
    ejections: target.ejections,
    circuit_breaker: breaker && breakerStatus(breaker),
    unhealthy_workers: target.unhealthyWorkers,
  };
}

function breakerStatus({ state, rates }: BreakerReport): Record<string, unknown> {
  return {
    state,
    calls: rates.calls,
    failure_rate: rounded(rates.failureRate),
    slow_call_rate: rounded(rates.slowCallRate),
  };
}

function boundsStatus(bounds: BoundsReport): Record<string, unknown> {
  return {
    active_requests: bounds.activeRequests,
    pending_requests: bounds.pendingRequests,
    active_retries: bounds.activeRetries,
    limit: bounds.limit,
    min_rtt_ms: bounds.minRttMs === undefined ? undefined : rounded(bounds.minRttMs),
    refused: bounds.refused,
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function date(sinceEpochMs: number): string {
  return new Date(sinceEpochMs).toISOString();
}
