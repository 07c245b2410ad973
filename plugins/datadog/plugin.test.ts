import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, openedSinks, resetSinks } from "@sluice/plugin-sdk/testing";

import datadog from "./plugin.ts";

const gateway = new FakeGateway();

async function lines(
  config: ConfigInput<typeof datadog> = {},
  hasConsumer = true,
): Promise<string[]> {
  resetSinks();
  const plugin = gateway.configure(datadog, config);
  const exchange = gateway.begin();
  exchange.response.status = 201;
  exchange.measured = {
    requestBytes: 10,
    responseBytes: 20,
    requestMs: 30,
    upstreamMs: 25,
    gatewayMs: 5,
  };
  if (hasConsumer) {
    const consumer = { id: "c1", username: "ann", customId: "a,1", tags: [], groups: [] };
    exchange.consumers.current = consumer;
  }
  await exchange.onLog(plugin);
  return (openedSinks()[0]?.entries ?? []).map(String);
}

test("has Kong's name, priority, phase and defaults", async () => {
  const { name, priority, phases } = datadog.manifest;
  assert.deepEqual([name, priority, phases], ["datadog", 10, ["log"]]);
  await lines();
  const { queue: _, ...options } = openedSinks()[0]?.options ?? {};
  assert.deepEqual(options, { to: "udp", host: "localhost", port: 8125 });
});

test("sends Kong's metrics with their tags", async () => {
  const tags = "#name:service-name,status:201,consumer:a_1,app:kong";
  assert.deepEqual(await lines(), [
    `kong.request.count:1|c|${tags}`,
    `kong.latency:30|ms|${tags}`,
    `kong.request.size:10|ms|${tags}`,
    `kong.response.size:20|ms|${tags}`,
    `kong.upstream_latency:25|ms|${tags}`,
    `kong.kong_latency:5|ms|${tags}`,
  ]);
  assert.match((await lines({}, false))[0] ?? "", /#name:service-name,status:201,app:kong$/);
});

test("sends the metrics that the config names, under its names of tags", async () => {
  const sent = await lines({
    prefix: "edge",
    service_name_tag: "svc",
    status_tag: "code",
    consumer_tag: "who",
    metrics: [
      {
        name: "request_count",
        stat_type: "distribution",
        tags: ["env:test", "a:b:c"],
        consumer_identifier: "username",
      },
      { name: "latency", stat_type: "timer", sample_rate: 0 },
    ],
  });
  assert.deepEqual(sent, [
    "edge.request.count:1|d|#svc:service-name,code:201,who:ann,env:test,a:b_c",
  ]);
});
