import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as z from "zod";
import { statusApp } from "./app.ts";
import type { StatusSource, TrafficLoad } from "./app.ts";
import { Metrics } from "./metrics.ts";

function appOf(parts: Partial<StatusSource> = {}): ReturnType<typeof statusApp> {
  return statusApp({
    families: () => Promise.resolve(new Metrics(() => 0).collect()),
    load: () => Promise.resolve({ connections: 3, requestsInFlight: 2 }),
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

  test("knows nothing else", async () => {
    const response = await appOf().request("/config");
    assert.equal(response.status, 404);
    assert.equal((await appOf().request("/status", { method: "POST" })).status, 404);
  });
});
