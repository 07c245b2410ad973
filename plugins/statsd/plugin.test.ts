import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, openedSinks, resetSinks } from "@sluice/plugin-sdk/testing";
import type { FakeExchange } from "@sluice/plugin-sdk/testing";

import statsd from "./plugin.ts";
import { isInRanges } from "./status-ranges.ts";

const gateway = new FakeGateway();

const MEASURED = {
  requestBytes: 10,
  responseBytes: 20,
  requestMs: 30,
  upstreamMs: 25,
  gatewayMs: 5,
} as const;

/** What one request of ann's sends. */
async function lines(
  config: ConfigInput<typeof statsd> = {},
  change: (exchange: FakeExchange) => void = () => {},
): Promise<string[]> {
  resetSinks();
  const plugin = gateway.configure(statsd, config);
  const exchange = gateway.begin();
  exchange.response.status = 200;
  exchange.measured = MEASURED;
  exchange.consumers.current = {
    id: "c1",
    username: "ann",
    customId: "a.1",
    tags: [],
    groups: [],
  };
  change(exchange);
  await exchange.onLog(plugin);
  return (openedSinks()[0]?.entries ?? []).map(String);
}

test("has Kong's name, priority, phase and defaults", async () => {
  const { name, priority, phases } = statsd.manifest;
  assert.deepEqual([name, priority, phases], ["statsd", 11, ["log"]]);
  await lines();
  const { queue, ...options } = openedSinks()[0]?.options ?? {};
  assert.deepEqual(options, { to: "udp", host: "localhost", port: 8125 });
  assert.equal(queue?.max_batch_size, 1);
});

test("sends Kong's metrics by default, each in a datagram", async () => {
  assert.deepEqual(await lines(), [
    "kong.service.service-name.request.count:1|c",
    "kong.service.service-name.latency:30|ms",
    "kong.service.service-name.request.size:10|c",
    "kong.service.service-name.status.200:1|c",
    "kong.service.service-name.response.size:20|c",
    "kong.service.service-name.user.uniques:a_1|s",
    "kong.service.service-name.user.a_1.request.count:1|c",
    "kong.service.service-name.upstream_latency:25|ms",
    "kong.service.service-name.kong_latency:5|ms",
    "kong.service.service-name.user.a_1.status.200:1|c",
    "kong.service.service-name.workspace.default.status.200:1|c",
    "kong.route.route-id.user.a_1.status.200:1|c",
  ]);
});

test("leaves out what a request does not have", async () => {
  const sent = await lines({}, (exchange) => {
    exchange.consumers.current = undefined;
    exchange.measured = { ...MEASURED, upstreamMs: undefined };
  });
  assert.equal(sent.length, 7);
  assert.doesNotMatch(sent.join(), /user|upstream/);
});

test("sends the metrics that the config names, with their types, rates and identifiers", async () => {
  const sent = await lines({
    prefix: "edge",
    metrics: [
      { name: "request_count", stat_type: "gauge", service_identifier: "service_id" },
      { name: "request_per_user", stat_type: "counter", consumer_identifier: "username" },
      { name: "latency", stat_type: "histogram", sample_rate: 1e-9 },
      { name: "request_size", stat_type: "meter", sample_rate: 1 },
    ],
  });
  assert.deepEqual(sent, [
    "edge.service.service-id.request.count:1|g",
    "edge.service.service-name.user.ann.request.count:1|c",
    "edge.service.service-name.request.size:10|m",
  ]);
});

test("writes tags instead of names where there is a style", async () => {
  const metrics = [
    { name: "request_count", stat_type: "counter" },
    { name: "status_count_per_user_per_route", stat_type: "counter" },
  ] as const;
  assert.deepEqual(await lines({ metrics, tag_style: "dogstatsd" }), [
    "kong.request.count:1|c|#service:service-name,workspace:default",
    "kong.status:1|c|#service:service-name,workspace:default,route:route-name,consumer:a.1,status:200",
  ]);
});

test("sends nothing of a status that is not allowed", async () => {
  const config = { allow_status_codes: ["200-204", "500-599"] };
  assert.equal((await lines(config)).length, 12);
  const refused = await lines(config, (exchange) => (exchange.response.status = 404));
  assert.deepEqual(refused, []);
  assert.equal(isInRanges(204, ["200-204"]), true);
  assert.equal(isInRanges(205, ["200-204"]), false);
});

test("packs a request's metrics into datagrams of udp_packet_size, or sends them over TCP", async () => {
  const packed = await lines({ udp_packet_size: 100 });
  assert.ok(packed.every((packet) => packet.length <= 100));
  assert.equal(packed.join("\n").split("\n").length, 12);
  assert.ok(packed.length < 12);
  const [udp] = openedSinks();
  assert.ok(udp?.options.to === "udp");
  assert.deepEqual([udp.options.packetBytes, udp.options.separator], [100, "\n"]);
  const [one, ...more] = await lines({ use_tcp: true });
  assert.deepEqual([one?.split("\n").length, more], [12, []]);
  const [tcp] = openedSinks();
  assert.deepEqual([tcp?.options.to, tcp?.options.suffix], ["tcp", "\n"]);
});

test("refuses what is not here", async () => {
  await assert.rejects(lines({ hostname_in_prefix: true }), /^ConfigError: hostname_in_prefix: /);
  const metrics = [{ name: "shdict_usage", stat_type: "gauge" }] as const;
  await assert.rejects(lines({ metrics }), /^ConfigError: metrics\[0\]\.name: /);
});
