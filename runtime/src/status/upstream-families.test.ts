import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_TRANSITIONS } from "../upstream/breaker/circuit-breaker.ts";
import { upstreamFamilies } from "./upstream-families.ts";

test("each target counts its health and how often it became what", () => {
  const target = {
    target: "a:80",
    weight: 1,
    priority: 0,
    reason: undefined,
    sinceMs: undefined,
    transitions: { healthy: 1, unhealthy: 2 },
    activeTries: 0,
    latencyMs: undefined,
    circuitBreaker: undefined,
    ejection: undefined,
    ejections: {},
    slowStartPercent: undefined,
  };
  const [health, transitions, state, changes] = upstreamFamilies([
    {
      name: "u",
      algorithm: "random",
      health: "HEALTHY",
      threshold: 0,
      healthyWeightPercent: 50,
      priorities: [],
      targets: [
        {
          ...target,
          health: "UNHEALTHY",
          circuitBreaker: {
            state: "open",
            rates: { calls: 1, failureRate: 0, slowCallRate: 0 },
            transitions: { ...NO_TRANSITIONS, closed: 1, open: 2, half_open: 1 },
          },
        },
        { ...target, target: "b:80", health: "HEALTHCHECKS_OFF" },
      ],
    },
  ]);
  assert.deepEqual(health?.samples, [
    { labels: { upstream: "u", target: "a:80" }, value: 0 },
    { labels: { upstream: "u", target: "b:80" }, value: 1 },
  ]);
  assert.deepEqual(transitions?.samples.slice(0, 2), [
    { labels: { upstream: "u", target: "a:80", to: "healthy" }, value: 1 },
    { labels: { upstream: "u", target: "a:80", to: "unhealthy" }, value: 2 },
  ]);
  const labels = { upstream: "u", target: "a:80" };
  assert.deepEqual(state?.samples.slice(0, 3), [
    { labels: { ...labels, state: "closed" }, value: 0 },
    { labels: { ...labels, state: "open" }, value: 1 },
    { labels: { ...labels, state: "half_open" }, value: 0 },
  ]);
  assert.deepEqual(
    changes?.samples.map(({ value }) => value),
    [1, 2, 1, 0, 0, 0],
  );
});
