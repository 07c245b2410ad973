import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_TRANSITIONS } from "../upstream/breaker/circuit-breaker.ts";
import type { UpstreamReport } from "../upstream/report.ts";
import { boundsFamilies, breakerFamilies, bulkheadFamilies } from "./guard-families.ts";

const REPORT: UpstreamReport = {
  name: "u",
  algorithm: "random",
  health: "HEALTHY",
  threshold: 0,
  healthyWeightPercent: 100,
  priorities: [],
  targets: [],
};
const rates = { calls: 0, failureRate: 0, slowCallRate: 0 };

test("circuit breakers of an upstream and of routes are told apart by their labels", () => {
  const breaker = { rates, transitions: { ...NO_TRANSITIONS, forced_open: 3 } };
  const [state, transitions] = breakerFamilies([
    {
      ...REPORT,
      circuitBreaker: { ...breaker, state: "forced_open" },
      routeBreakers: [{ ...breaker, state: "closed", route: "r" }],
    },
  ]);
  assert.deepEqual(
    state?.samples.filter(({ value }) => value === 1).map(({ labels }) => labels),
    [
      { upstream: "u", state: "forced_open" },
      { upstream: "u", route: "r", state: "closed" },
    ],
  );
  assert.deepEqual(
    transitions?.samples.filter(({ value }) => value > 0).map(({ labels }) => labels["to"]),
    ["forced_open", "forced_open"],
  );
});

test("bounds and bulkheads show what is under way, what waits and what was refused", () => {
  const bounds = {
    activeRequests: 3,
    pendingRequests: 2,
    activeRetries: 1,
    limit: undefined,
    minRttMs: undefined,
    refused: { queue_full: 7, pending_timeout: 8, max_retries: 9 },
  };
  const families = boundsFamilies([REPORT, { ...REPORT, bounds }]);
  assert.deepEqual(
    families.map(({ samples }) => samples.map(({ value }) => value)),
    [[3], [2], [Infinity], [7, 8, 9]],
  );
  const bulkhead = {
    route: "r",
    activeCalls: 1,
    waitingCalls: 2,
    maxConcurrentCalls: 25,
    refused: 3,
  };
  const values = bulkheadFamilies([bulkhead]).map(({ samples: [sample] }) => sample);
  assert.deepEqual(
    values,
    [1, 2, 3].map((value) => ({ labels: { route: "r" }, value })),
  );
});
