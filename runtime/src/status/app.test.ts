import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NO_TRANSITIONS } from "../upstream/breaker/circuit-breaker.ts";
import * as z from "zod";
import { statusApp } from "./app.ts";
import type { StatusSource, TrafficLoad } from "./app.ts";
import { Metrics } from "./metrics.ts";

const CHANGES = { used: 0, unused: 0, panic: 1, panic_over: 0 };

function appOf(parts: Partial<StatusSource> = {}): ReturnType<typeof statusApp> {
  return statusApp({
    families: () => Promise.resolve(new Metrics(() => 0).collect()),
    load: () => Promise.resolve({ connections: 3, requestsInFlight: 2 }),
    upstreams: () => Promise.resolve([]),
    notReady: () => undefined,
    isCurrent: () => true,
    ...parts,
  });
}

const status = z.object({
  server: z.object({ connections_active: z.number(), requests_in_flight: z.number() }),
  config: z.object({ is_current: z.boolean() }),
});

describe("the status API", () => {
  test("says what runs and whether the files are what is served", async () => {
    const response = await appOf({ isCurrent: () => false }).request("/status");
    const { server, config } = status.parse(await response.json());
    assert.deepEqual(server, { connections_active: 3, requests_in_flight: 2 });
    assert.equal(config.is_current, false);
  });

  test("says how each worker does", async () => {
    const sum = { connections: 3, requestsInFlight: 2 };
    const load: TrafficLoad = {
      ...sum,
      workers: [{ number: 2, state: "serving", crashes: 1, ...sum }],
    };
    const app = appOf({ load: () => Promise.resolve(load) });
    const { workers } = (await (await app.request("/status")).json()) as { workers: unknown };
    assert.deepEqual(workers, [
      { worker: 2, state: "serving", crashes: 1, connections_active: 3, requests_in_flight: 2 },
    ]);
  });

  test("is alive, and ready unless there is a reason against", async () => {
    const code = async (path: string, reason?: string): Promise<number> =>
      (await appOf({ notReady: () => reason }).request(path)).status;
    assert.equal(await code("/health/live", "shutting down"), 200);
    assert.equal(await code("/health/ready"), 200);
    assert.equal(await code("/health/ready", "shutting down"), 503);
  });

  test("gives metrics under Prometheus' content type", async () => {
    const response = await appOf().request("/metrics");
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(await response.text(), /^# HELP /);
  });

  test("shows upstreams with the health of their targets, why and since when", async () => {
    const target = {
      target: "a:80",
      weight: 100,
      priority: 1,
      health: "UNHEALTHY",
      reason: "refused",
      sinceMs: 1000,
      transitions: { healthy: 0, unhealthy: 1 },
      activeTries: undefined,
      latencyMs: 1.2345,
      ejection: { reason: "success_rate", sinceMs: 1000, untilMs: 2000 },
      ejections: { success_rate: 2 },
      slowStartPercent: 12.34,
      circuitBreaker: {
        state: "half_open",
        rates: { calls: 3, failureRate: 100 / 3, slowCallRate: 0 },
        transitions: { ...NO_TRANSITIONS, closed: 0, open: 1, half_open: 1 },
      },
    } as const;
    const report = {
      name: "u",
      algorithm: "latency",
      health: "HEALTHY",
      threshold: 0,
      healthyWeightPercent: 200 / 3,
      priorities: [
        {
          priority: 1,
          healthyWeightPercent: 200 / 3,
          load: 100,
          isPanic: true,
          transitions: CHANGES,
        },
      ],
      targets: [target],
    } as const;
    const app = appOf({ upstreams: () => Promise.resolve([report]) });
    assert.deepEqual(await (await app.request("/upstreams")).json(), {
      data: [
        {
          name: "u",
          algorithm: "latency",
          health: "HEALTHY",
          threshold: 0,
          healthy_weight_percent: 66.7,
          priorities: [
            {
              priority: 1,
              healthy_weight_percent: 66.7,
              load: 100,
              is_panic: true,
              transitions: CHANGES,
            },
          ],
          targets: [
            {
              target: "a:80",
              weight: 100,
              priority: 1,
              health: "UNHEALTHY",
              reason: "refused",
              since: "1970-01-01T00:00:01.000Z",
              transitions: { healthy: 0, unhealthy: 1 },
              latency_ms: 1.2,
              slow_start_percent: 12.3,
              ejection: {
                reason: "success_rate",
                since: "1970-01-01T00:00:01.000Z",
                until: "1970-01-01T00:00:02.000Z",
              },
              ejections: { success_rate: 2 },
              circuit_breaker: {
                state: "half_open",
                calls: 3,
                failure_rate: 33.3,
                slow_call_rate: 0,
              },
            },
          ],
        },
      ],
    });
  });

  test("knows nothing else", async () => {
    const response = await appOf().request("/config");
    assert.equal(response.status, 404);
    assert.equal((await appOf().request("/status", { method: "POST" })).status, 404);
  });
});
