// The status API: health, readiness, and metrics that add up.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, connect, get, head } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import type { Sample } from "../harness/metrics.ts";
import { closedPort, reply } from "../harness/upstream.ts";

const used = useGateway(async ([port = 0]) => ({
  config: config({
    services: [
      service("plain", port, "/plain"),
      service("limited", port, "/limited", {
        plugins: [{ name: "rate-limiting", config: { hour: 100_000, policy: "local" } }],
      }),
      service("down", await closedPort(), "/down", { retries: 0 }),
    ],
  }),
}));

async function metrics(): Promise<Sample[]> {
  const response = await used.gateway.status("/metrics");
  assert.equal(response.status, 200);
  return parseMetrics(response.text);
}

/** Waits until the sum has grown by that much: a request is counted once its response has been sent. */
async function untilGrown(
  name: string,
  labels: Readonly<Record<string, string>>,
  from: number,
  by: number,
): Promise<void> {
  await eventually(
    async () => (total(await metrics(), name, labels) === from + by ? true : undefined),
    `${name} ${JSON.stringify(labels)} to reach ${from + by}`,
  );
}

for (const path of ["/health/live", "/health/ready"]) {
  test(`status: ${path} is 200 on a gateway that serves`, async () => {
    assert.equal((await used.gateway.status(path)).status, 200);
  });
}

test("status: /status is a JSON object", async () => {
  const response = await used.gateway.status("/status");
  assert.equal(response.status, 200);
  assert.match(response.header("content-type") ?? "", /^application\/json/);
  assert.equal(typeof response.json(), "object");
});

test("status: an unknown path is 404, and the proxy's port does not serve it", async () => {
  assert.equal((await used.gateway.status("/nothing")).status, 404);
  assert.equal((await used.gateway.get("/metrics")).status, 404);
});

test("status: metrics are Prometheus text with a type for each name", async () => {
  await used.gateway.get("/limited");
  const response = await used.gateway.status("/metrics");
  assert.match(response.header("content-type") ?? "", /^text\/plain/);
  for (const [name, type] of [
    ["sluice_http_requests_total", "counter"],
    ["sluice_request_latency_ms", "histogram"],
    ["sluice_upstream_latency_ms", "histogram"],
    ["sluice_gateway_latency_ms", "histogram"],
    ["sluice_bandwidth_bytes", "counter"],
    ["sluice_plugin_calls_total", "counter"],
    ["sluice_plugin_seconds_total", "counter"],
    ["sluice_plugin_errors_total", "counter"],
    ["sluice_plugin_instances", "gauge"],
  ]) {
    assert.match(response.text, new RegExp(`^# TYPE ${name} ${type}$`, "m"));
  }
});

test("status: requests are counted by service, route and code", async () => {
  const labels = { service: "plain", route: "plain-route", code: "200" };
  const before = total(await metrics(), "sluice_http_requests_total", labels);
  for (let count = 0; count < 5; count++) await used.gateway.get("/plain");
  await untilGrown("sluice_http_requests_total", labels, before, 5);
});

test("status: an upstream's 502 and the gateway's own 502 are told apart", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(reply("502 Bad Gateway", "mine"));
  await used.gateway.get("/plain");
  await used.gateway.get("/down");
  const samples = await eventually(async () => {
    const found = (await metrics()).filter(
      ({ name, labels }) => name === "sluice_http_requests_total" && labels["code"] === "502",
    );
    return found.length >= 2 ? found : undefined;
  }, "both 502 in the metrics");
  const sources = new Map(samples.map(({ labels }) => [labels["service"], labels["source"]]));
  assert.notEqual(sources.get("plain"), undefined);
  assert.notEqual(sources.get("plain"), sources.get("down"));
});

test("status: latency has one observation for each request, split into gateway and upstream", async () => {
  const labels = { service: "plain" };
  const before = await metrics();
  used.upstream.answer = (_request, connection) =>
    void setTimeout(() => connection.send(reply("200 OK", "slow")), 120);
  await used.gateway.get("/plain");
  for (const name of ["request", "upstream", "gateway"]) {
    const count = `sluice_${name}_latency_ms_count`;
    await untilGrown(count, labels, total(before, count, labels), 1);
  }
  const after = await metrics();
  const grown = (name: string): number =>
    total(after, `sluice_${name}_latency_ms_sum`, labels) -
    total(before, `sluice_${name}_latency_ms_sum`, labels);
  assert.ok(grown("upstream") >= 110, `upstream ${grown("upstream")} ms`);
  assert.ok(grown("request") >= grown("upstream"));
  assert.ok(grown("gateway") < 100, `gateway ${grown("gateway")} ms`);
});

test("status: bandwidth counts bytes in and out", async () => {
  const before = await metrics();
  used.upstream.answer = (_request, connection) =>
    connection.send(reply("200 OK", "y".repeat(50_000)));
  await used.gateway.ask(
    `${head("POST /plain HTTP/1.1", "Host: gw.test", "Content-Length: 20000")}${"x".repeat(20_000)}`,
  );
  const grown = async (direction: string): Promise<number> => {
    const labels = { service: "plain", direction };
    return (
      total(await metrics(), "sluice_bandwidth_bytes", labels) -
      total(before, "sluice_bandwidth_bytes", labels)
    );
  };
  const ingress = await eventually(async () => {
    const bytes = await grown("ingress");
    return bytes > 0 ? bytes : undefined;
  }, "bytes of the request");
  const egress = await grown("egress");
  assert.ok(ingress >= 20_000 && ingress < 21_500, `${ingress} in`);
  assert.ok(egress >= 50_000 && egress < 51_500, `${egress} out`);
});

test("status: plugin calls, time and instances are counted by plugin", async () => {
  const labels = { plugin: "rate-limiting" };
  const before = await metrics();
  for (let count = 0; count < 3; count++) await used.gateway.get("/limited");
  const after = await metrics();
  const grown = (name: string): number => total(after, name, labels) - total(before, name, labels);
  const calls = grown("sluice_plugin_calls_total");
  assert.ok(calls >= 1);
  assert.equal(calls + grown("sluice_plugin_remembered_total"), 3);
  assert.ok(grown("sluice_plugin_seconds_total") > 0);
  assert.equal(grown("sluice_plugin_errors_total"), 0);
  assert.ok(total(after, "sluice_plugin_instances", labels) >= 1);
});

test("O8 status: a thousand different paths, methods and hosts make no new series", async () => {
  await used.gateway.get("/plain/0");
  await used.gateway.get("/elsewhere/0");
  const count = (await metrics()).length;
  const client = await connect(used.gateway.proxyPort);
  for (let index = 0; index < 500; index++) {
    client.send(head(`GET /plain/${index}?a=${index} HTTP/1.1`, `Host: h${index}.test`));
    await client.response();
    client.send(head(`GET /elsewhere/${index} HTTP/1.1`, `Host: h${index}.test`));
    await client.response();
  }
  client.socket.destroy();
  assert.ok((await metrics()).length <= count + 40);
});

test("status: an odd request to the status API does not stop it", async () => {
  await ask(used.gateway.statusPort, get("/metrics?x=%zz", "X-A: b")).catch(() => undefined);
  await ask(
    used.gateway.statusPort,
    head("POST /status HTTP/1.1", "Host: gw", "Content-Length: 0"),
  );
  assert.equal((await used.gateway.status("/health/live")).status, 200);
});
