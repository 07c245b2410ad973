import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeGateway, openedSinks, resetSinks } from "@sluice/plugin-sdk/testing";

import loki from "./plugin.ts";

const nowMs = Date.UTC(2026, 0, 1);
const gateway = new FakeGateway({ nowMs });
beforeEach(resetSinks);

test("pushes streams with its labels, as the tenant", async () => {
  const plugin = gateway.configure(loki, {
    endpoint_addrs: ["http://loki.test:3100/"],
    tenant_id: "team",
    headers: { Authorization: "Bearer x" },
    log_labels: { job: 'a"b', env: "test" },
  });
  await gateway.handle(plugin, { path: "/a" });
  await gateway.handle(plugin, { path: '/b"' });
  const [sink] = openedSinks();
  assert.ok(sink?.options.to === "http");
  const { url, headers, prefix = "", separator = "", suffix = "", queue } = sink.options;
  assert.equal(url, "http://loki.test:3100/loki/api/v1/push");
  assert.deepEqual(headers, { Authorization: "Bearer x", "X-Scope-OrgID": "team" });
  assert.equal(queue?.max_batch_size, 1000);
  const { streams } = JSON.parse(prefix + sink.entries.join(separator) + suffix);
  assert.deepEqual(streams[0].stream, { job: 'a"b', env: "test" });
  const [first, second] = streams[0].values;
  assert.equal(first[0], `${nowMs}000000`);
  assert.equal(JSON.parse(first[1]).request.uri, "/a");
  assert.equal(JSON.parse(second[1]).request.uri, '/b"');
});

test("takes turns with several addresses", async () => {
  const plugin = gateway.configure(loki, { endpoint_addrs: ["http://a.test", "http://b.test"] });
  for (let request = 0; request < 3; request++) await gateway.handle(plugin);
  assert.deepEqual(
    openedSinks().map(({ entries }) => entries.length),
    [2, 1],
  );
});
