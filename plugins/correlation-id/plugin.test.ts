import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";

import correlationId from "./plugin.ts";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

test("states Kong's name, priority and defaults", async () => {
  const { manifest } = correlationId;
  assert.equal(manifest.name, "correlation-id");
  assert.equal(manifest.priority, 100_001);
  assert.deepEqual(manifest.phases, ["access"]);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    header_name: "Kong-Request-ID",
    generator: "uuid#counter",
    echo_downstream: false,
  });

  const gateway = new FakeGateway();
  const { request, response } = await gateway.handle(gateway.configure(correlationId, {}));
  assert.match(request.header("kong-request-id") ?? "", new RegExp(`^${UUID}#1$`));
  assert.deepEqual(response.headerNames(), []);
});

test("numbers the requests of one instance, and no two instances alike", async () => {
  const gateway = new FakeGateway();
  const one = gateway.configure(correlationId, {});
  const other = gateway.configure(correlationId, {});
  const ids: string[] = [];
  for (const plugin of [one, one, one, other]) {
    const { request } = await gateway.handle(plugin);
    ids.push(request.header("kong-request-id") ?? "");
  }
  const [first, second, third, fourth] = ids.map((id) => id.split("#"));
  assert.deepEqual([first?.[1], second?.[1], third?.[1], fourth?.[1]], ["1", "2", "3", "4"]);
  assert.equal(first?.[0], third?.[0]);
  assert.notEqual(first?.[0], fourth?.[0]);
});

test("makes a UUID for each request", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(correlationId, { generator: "uuid", header_name: "X-Id" });
  const ids = new Set<string>();
  for (let count = 0; count < 20; count += 1) {
    const { request } = await gateway.handle(plugin);
    assert.match(request.header("x-id") ?? "", new RegExp(`^${UUID}$`));
    ids.add(request.header("x-id") ?? "");
  }
  assert.equal(ids.size, 20);
});

test("tracks address, port, process, connection, request and time", async () => {
  const gateway = new FakeGateway({ nowMs: 1_700_000_000_042 });
  const plugin = gateway.configure(correlationId, { generator: "tracker" });
  const { request } = await gateway.handle(plugin);
  assert.equal(request.header("kong-request-id"), "127.0.0.1-8000-4242-7-3-1700000000.042");
});

test("keeps the id that the client sent", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(correlationId, {
    header_name: "X-Trace",
    echo_downstream: true,
  });
  const { request, response } = await gateway.handle(plugin, { headers: { "x-trace": "mine" } });
  assert.deepEqual(request.headers("x-trace"), ["mine"]);
  assert.equal(response.header("x-trace"), "mine");
});

test("replaces an empty id", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(correlationId, { generator: "uuid" });
  const { request } = await gateway.handle(plugin, { headers: { "Kong-Request-ID": "" } });
  assert.match(request.header("kong-request-id") ?? "", new RegExp(`^${UUID}$`));
});

test("sends the id back only when told to", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(correlationId, { echo_downstream: true });
  const { request, response } = await gateway.handle(plugin);
  assert.notEqual(response.header("kong-request-id"), undefined);
  assert.equal(response.header("kong-request-id"), request.header("kong-request-id"));
});
