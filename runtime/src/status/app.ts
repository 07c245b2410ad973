// The status API: is it alive, is it ready, what does it count.
import { Hono } from "hono";
import type { Metrics } from "./metrics.ts";

export interface StatusSource {
  readonly metrics: Metrics;
  connections(): number;
  requestsInFlight(): number;
  /** Why no traffic should be sent here, or undefined when it may. */
  notReady(): string | undefined;
  /** Whether the files on disk are what is served. */
  isCurrent(): boolean;
}

export function statusApp(source: StatusSource): Hono {
  const startedAtMs = performance.now();
  const app = new Hono();
  app.get("/status", (c) =>
    c.json({
      server: {
        connections_active: source.connections(),
        requests_in_flight: source.requestsInFlight(),
        uptime_seconds: Math.round((performance.now() - startedAtMs) / 1000),
      },
      memory: { rss_bytes: process.memoryUsage.rss() },
      config: { is_current: source.isCurrent() },
      process: { pid: process.pid, runtime: runtime() },
    }),
  );
  app.get("/health/live", (c) => c.json({ status: "alive" }));
  app.get("/health/ready", (c) => {
    const reason = source.notReady();
    return reason === undefined
      ? c.json({ status: "ready" })
      : c.json({ status: "not ready", message: reason }, 503);
  });
  app.get("/metrics", async (c) => {
    const { text, contentType } = await source.metrics.exposition();
    return c.body(text, 200, { "Content-Type": contentType });
  });
  app.notFound((c) =>
    c.json({ message: "expected /status, /health/live, /health/ready or /metrics" }, 404),
  );
  return app;
}

function runtime(): string {
  return process.versions["bun"] === undefined
    ? `node ${process.versions.node}`
    : `bun ${process.versions["bun"]}`;
}
