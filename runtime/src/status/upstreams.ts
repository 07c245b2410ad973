// Upstreams as the status API shows them.
import type { TargetReport, UpstreamReport } from "../upstream/report.ts";

export function upstreamStatus(report: UpstreamReport): Record<string, unknown> {
  return {
    name: report.name,
    algorithm: report.algorithm,
    health: report.health,
    threshold: report.threshold,
    healthy_weight_percent: Math.round(report.healthyWeightPercent * 10) / 10,
    targets: report.targets.map(targetStatus),
  };
}

function targetStatus(target: TargetReport): Record<string, unknown> {
  const { sinceMs, latencyMs, circuitBreaker: breaker } = target;
  return {
    target: target.target,
    weight: target.weight,
    health: target.health,
    reason: target.reason,
    since: sinceMs === undefined ? undefined : new Date(sinceMs).toISOString(),
    transitions: target.transitions,
    active_tries: target.activeTries,
    latency_ms: latencyMs === undefined ? undefined : Math.round(latencyMs * 10) / 10,
    circuit_breaker: breaker && {
      state: breaker.state,
      calls: breaker.rates.calls,
      failure_rate: Math.round(breaker.rates.failureRate * 10) / 10,
      slow_call_rate: Math.round(breaker.rates.slowCallRate * 10) / 10,
    },
    unhealthy_workers: target.unhealthyWorkers,
  };
}
