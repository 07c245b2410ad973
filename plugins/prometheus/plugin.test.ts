import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, recordedMetrics, resetMetrics } from "@sluice/plugin-sdk/testing";

import prometheus from "./plugin.ts";

const gateway = new FakeGateway();
beforeEach(resetMetrics);

async function record(
  config: ConfigInput<typeof prometheus>,
  answeredBy: "upstream" | "plugin" = "upstream",
) {
  const plugin = gateway.configure(prometheus, config);
  const exchange = gateway.begin();
  exchange.response.status = 200;
  exchange.measured = {
    requestBytes: 10,
    responseBytes: 20,
    requestMs: 30,
    upstreamMs: answeredBy === "upstream" ? 25 : undefined,
    gatewayMs: 5,
    answeredBy,
  };
  const consumer = { id: "c1", username: "ann", customId: undefined, tags: [], groups: [] };
  exchange.consumers.current = consumer;
  await exchange.onLog(plugin);
  return recordedMetrics();
}

const COMMON = { service: "service-name", route: "route-name", workspace: "default" };

test("has Kong's name, priority and phase, and counts nothing unless told to", async () => {
  const { name, priority, phases } = prometheus.manifest;
  assert.deepEqual([name, priority, phases], ["prometheus", 13, ["log"]]);
  assert.deepEqual(await record({}), []);
});

test("counts requests by status and by who answered", async () => {
  await record({ status_code_metrics: true });
  const [first, second] = await record({ status_code_metrics: true }, "plugin");
  const labels = { ...COMMON, code: "200", consumer: "" };
  assert.deepEqual(first, {
    name: "http_requests_total",
    labels: { ...labels, source: "service" },
    values: [1],
  });
  assert.equal(second?.labels["source"], "kong");
});

test("names consumers only with per_consumer", async () => {
  const [metric] = await record({ status_code_metrics: true, per_consumer: true });
  assert.equal(metric?.labels["consumer"], "ann");
});

test("measures latencies, and those of upstreams where one answered", async () => {
  await record({ latency_metrics: true });
  const metrics = await record({ latency_metrics: true }, "plugin");
  assert.deepEqual(
    metrics.map(({ name, labels, values }) => [name, labels, values]),
    [
      ["request_latency_ms", COMMON, [30, 30]],
      ["kong_latency_ms", COMMON, [5, 5]],
      ["upstream_latency_ms", COMMON, [25]],
    ],
  );
});

test("counts bytes in both directions", async () => {
  const metrics = await record({ bandwidth_metrics: true });
  assert.deepEqual(
    metrics.map(({ name, labels, values }) => [name, labels["direction"], values]),
    [
      ["bandwidth_bytes", "egress", [20]],
      ["bandwidth_bytes", "ingress", [10]],
    ],
  );
});
