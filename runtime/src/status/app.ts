// The status API: is it alive, is it ready, what does it count.
import { Hono } from "hono";
import { exposition } from "./exposition.ts";
import type { UpstreamReport } from "../upstream/report.ts";
import type { Family } from "./families.ts";
import { undiscovered } from "./discovery.ts";
import { upstreamStatus } from "./upstreams.ts";

export interface StatusSource {
  /** Everything counted, sums over all workers. */
  families(): Promise<readonly Family[]>;
  load(): Promise<TrafficLoad>;
  /** Those of the config, as all workers see them. */
  upstreams(): Promise<readonly UpstreamReport[]>;
  /** Why no traffic should be sent here, or undefined when it may. */
  notReady(): string | undefined;
  /** Whether the files on disk are what is served. */
  isCurrent(): boolean;
}

export interface TrafficLoad {
  readonly connections: number;
  readonly requestsInFlight: number;
  /** Undefined when the traffic is served by the one thread that serves everything. */
  readonly workers?: readonly WorkerLoad[];
}

export interface WorkerLoad {
  /** From 1; a restarted worker keeps its number. */
  readonly number: number;
  readonly state: "starting" | "serving" | "stopped";
  /** Threads of that number that have crashed. */
  readonly crashes: number;
  readonly connections: number;
  readonly requestsInFlight: number;
}

export function statusApp(source: StatusSource): Hono {
  const startedAtMs = performance.now();
  const app = new Hono();
  app.get("/status", async (c) => {
    const { connections, requestsInFlight, workers } = await source.load();
    return c.json({
      server: {
        connections_active: connections,
        requests_in_flight: requestsInFlight,
        uptime_seconds: Math.round((performance.now() - startedAtMs) / 1000),
      },
      ...(workers !== undefined && { workers: workers.map(workerStatus) }),
      memory: { rss_bytes: process.memoryUsage.rss() },
      config: { is_current: source.isCurrent() },
      process: { pid: process.pid, runtime: runtime() },
    });
  });
  app.get("/health/live", (c) => c.json({ status: "alive" }));
  app.get("/health/ready", async (c) => {
    const reason = source.notReady() ?? undiscovered(await source.upstreams());
    return reason === undefined
      ? c.json({ status: "ready" })
      : c.json({ status: "not ready", message: reason }, 503);
  });
  app.get("/upstreams", async (c) =>
    c.json({ data: (await source.upstreams()).map(upstreamStatus) }),
  );
  app.get("/metrics", async (c) => {
    const { text, contentType } = await exposition(await source.families());
    return c.body(text, 200, { "Content-Type": contentType });
  });
  app.notFound((c) =>
    c.json(
      { message: "expected /status, /health/live, /health/ready, /upstreams or /metrics" },
      404,
    ),
  );
  return app;
}

function workerStatus(worker: WorkerLoad): Record<string, unknown> {
  return {
    worker: worker.number,
    state: worker.state,
    crashes: worker.crashes,
    connections_active: worker.connections,
    requests_in_flight: worker.requestsInFlight,
  };
}

function runtime(): string {
  return process.versions["bun"] === undefined
    ? `node ${process.versions.node}`
    : `bun ${process.versions["bun"]}`;
}
