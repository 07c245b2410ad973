import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NO_TRANSITIONS } from "../upstream/breaker/circuit-breaker.ts";
import type { PriorityReport, TargetReport, UpstreamReport } from "../upstream/report.ts";
import { mergeUpstreams } from "./upstream-reports.ts";

function reportOf(percent: number, ...targets: readonly TargetReport[]): UpstreamReport {
  return {
    name: "u",
    algorithm: "latency",
    health: percent < 50 ? "UNHEALTHY" : "HEALTHY",
    threshold: 50,
    healthyWeightPercent: percent,
    priorities: [],
    targets,
  };
}

function targetOf(target: string, parts: Partial<TargetReport> = {}): TargetReport {
  return {
    target,
    weight: 100,
    priority: 0,
    health: "HEALTHY",
    reason: undefined,
    sinceMs: undefined,
    transitions: { healthy: 1, unhealthy: 2 },
    activeTries: 3,
    latencyMs: undefined,
    circuitBreaker: undefined,
    ejection: undefined,
    ejections: {},
    slowStartPercent: undefined,
    ...parts,
  };
}

describe("the workers' upstreams as one", () => {
  test("show each priority as it looks worst, with the changes of all, and who is ejected anywhere", () => {
    const level = (healthyWeightPercent: number, used: number): PriorityReport => ({
      priority: 0,
      healthyWeightPercent,
      load: healthyWeightPercent,
      isPanic: healthyWeightPercent < 50,
      transitions: { used, unused: 0, panic: 1, panic_over: 0 },
    });
    const ejection = { reason: "consecutive_5xx", sinceMs: 1, untilMs: 2 };
    const [merged] = mergeUpstreams([
      {
        worker: 1,
        upstreams: [
          {
            ...reportOf(100, targetOf("a", { ejections: { consecutive_5xx: 1 } })),
            priorities: [level(100, 1)],
          },
        ],
      },
      {
        worker: 2,
        upstreams: [
          {
            ...reportOf(100, targetOf("a", { ejection, ejections: { consecutive_5xx: 2 } })),
            priorities: [level(40, 2)],
          },
        ],
      },
    ]);
    assert.deepEqual(merged?.priorities, [
      { ...level(40, 3), transitions: { used: 3, unused: 0, panic: 2, panic_over: 0 } },
    ]);
    const [target] = merged?.targets ?? [];
    assert.deepEqual([target?.ejection, target?.ejections], [ejection, { consecutive_5xx: 3 }]);
  });

  test("are unhealthy where any worker says so, which is named, with its reason", () => {
    const down = { health: "UNHEALTHY", reason: "refused", sinceMs: 5 } as const;
    const [merged] = mergeUpstreams([
      { worker: 1, upstreams: [reportOf(100, targetOf("a"), targetOf("b", { latencyMs: 10 }))] },
      { worker: 2, upstreams: [reportOf(40, targetOf("a", down), targetOf("b"))] },
      { worker: 3, upstreams: [] },
    ]);
    assert.deepEqual([merged?.health, merged?.healthyWeightPercent], ["UNHEALTHY", 40]);
    const [a, b] = merged?.targets ?? [];
    assert.deepEqual(
      [a?.health, a?.reason, a?.sinceMs, a?.unhealthyWorkers],
      ["UNHEALTHY", "refused", 5, [2]],
    );
    assert.deepEqual(a?.transitions, { healthy: 2, unhealthy: 4 });
    assert.deepEqual([b?.health, b?.unhealthyWorkers, b?.activeTries], ["HEALTHY", [], 6]);
    assert.equal(b?.latencyMs, 10);
  });

  test("show the circuit breaker that lets least through, with the transitions of all", () => {
    const breaker = (state: "closed" | "open", open: number): Partial<TargetReport> => ({
      circuitBreaker: {
        state,
        rates: { calls: open, failureRate: 0, slowCallRate: 0 },
        transitions: { ...NO_TRANSITIONS, closed: 0, open, half_open: 0 },
      },
    });
    const [merged] = mergeUpstreams([
      { worker: 1, upstreams: [reportOf(100, targetOf("a", breaker("closed", 1)))] },
      { worker: 2, upstreams: [reportOf(100, targetOf("a", breaker("open", 2)))] },
    ]);
    const shown = merged?.targets[0]?.circuitBreaker;
    assert.deepEqual([shown?.state, shown?.rates.calls, shown?.transitions.open], ["open", 2, 3]);
  });

  test("are none when there are none", () => {
    assert.deepEqual(mergeUpstreams([{ worker: 1, upstreams: [] }]), []);
  });
});
