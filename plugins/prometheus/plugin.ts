// Counts requests under the names that Kong's prometheus plugin gives them; the gateway shows them on /metrics.
import { counter, definePlugin, histogram, s } from "@sluice/plugin-sdk";

const GATEWAY_BUCKETS_MS = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000] as const;
const UPSTREAM_BUCKETS_MS = [
  25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000,
] as const;
const LATENCY_LABELS = ["service", "route", "workspace"] as const;

const requests = counter("http_requests_total", {
  help: "Requests by status, and by who answered",
  labels: ["service", "route", "code", "source", "workspace", "consumer"],
});
const bandwidth = counter("bandwidth_bytes", {
  help: "Bytes from and to clients",
  labels: ["service", "route", "direction", "workspace", "consumer"],
});
const requestLatency = histogram("request_latency_ms", {
  help: "From a request's first byte to its response's last",
  labels: LATENCY_LABELS,
  buckets: UPSTREAM_BUCKETS_MS,
});
const gatewayLatency = histogram("kong_latency_ms", {
  help: "The gateway's own part, plugins included",
  labels: LATENCY_LABELS,
  buckets: GATEWAY_BUCKETS_MS,
});
const upstreamLatency = histogram("upstream_latency_ms", {
  help: "Until the head of the upstream's response",
  labels: LATENCY_LABELS,
  buckets: UPSTREAM_BUCKETS_MS,
});

const WORKSPACE = "default";

export default definePlugin({
  name: "prometheus",
  version: "1.0.0",
  priority: 13,
  config: s.object({
    per_consumer: s.boolean().default(false),
    status_code_metrics: s.boolean().default(false),
    latency_metrics: s.boolean().default(false),
    bandwidth_metrics: s.boolean().default(false),
    upstream_health_metrics: s.boolean().default(false),
    wasm_metrics: s.boolean().default(false),
  }),

  onLog(ctx, config) {
    const { measured } = ctx;
    const service = ctx.service?.name ?? ctx.service?.id ?? "";
    const route = ctx.route?.name ?? ctx.route?.id ?? "";
    const { current } = config.per_consumer ? ctx.consumers : { current: undefined };
    const consumer = current?.username ?? current?.id ?? "";
    const common = { service, route, workspace: WORKSPACE };
    if (config.status_code_metrics) {
      const source = measured.answeredBy === "upstream" ? "service" : "kong";
      requests.increment({ ...common, consumer, source, code: ctx.response.status });
    }
    if (config.bandwidth_metrics) {
      bandwidth.add(measured.responseBytes, { ...common, consumer, direction: "egress" });
      bandwidth.add(measured.requestBytes, { ...common, consumer, direction: "ingress" });
    }
    if (config.latency_metrics) {
      const { upstreamMs } = measured;
      requestLatency.observe(measured.requestMs, common);
      gatewayLatency.observe(measured.gatewayMs, common);
      if (upstreamMs !== undefined) upstreamLatency.observe(upstreamMs, common);
    }
  },
});
