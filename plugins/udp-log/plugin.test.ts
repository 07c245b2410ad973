import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeGateway, openedSinks, resetSinks } from "@sluice/plugin-sdk/testing";

import udpLog from "./plugin.ts";

const gateway = new FakeGateway();
const config = { host: "logs.test", port: 9000 };
beforeEach(resetSinks);

test("has Kong's name, priority and phase, and makes a datagram of each record", async () => {
  const { name, priority, phases } = udpLog.manifest;
  assert.deepEqual([name, priority, phases], ["udp-log", 8, ["log"]]);
  const plugin = gateway.configure(udpLog, config);
  await gateway.handle(plugin, { path: "/a" });
  const [sink] = openedSinks();
  const { queue: _, ...options } = sink?.options ?? {};
  assert.deepEqual(options, { to: "udp", host: "logs.test", port: 9000 });
  assert.match(String(sink?.entries[0]), /"uri":"\/a"/);
});

test("refuses Lua", () => {
  const lua = { ...config, custom_fields_by_lua: { a: "return 1" } };
  assert.throws(() => gateway.configure(udpLog, lua), /there is no Lua here/);
});
