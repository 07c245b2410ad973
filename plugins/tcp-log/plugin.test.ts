import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeGateway, openedSinks, resetSinks } from "@sluice/plugin-sdk/testing";

import tcpLog from "./plugin.ts";

const gateway = new FakeGateway();
const config = { host: "logs.test", port: 9000 };
beforeEach(resetSinks);

test("has Kong's name, priority, phase and defaults, and ends each record with a newline", () => {
  const { name, priority, phases } = tcpLog.manifest;
  assert.deepEqual([name, priority, phases], ["tcp-log", 7, ["log"]]);
  gateway.configure(tcpLog, config);
  const { queue, ...options } = openedSinks()[0]?.options ?? {};
  assert.equal(queue?.max_batch_size, 1);
  assert.deepEqual(options, {
    to: "tcp",
    host: "logs.test",
    port: 9000,
    timeoutMs: 10_000,
    keepAliveMs: 60_000,
    separator: "\n",
    suffix: "\n",
  });
});

test("uses TLS when told to, for tls_sni, and checks certificates unless told not to", () => {
  gateway.configure(tcpLog, { ...config, tls: true });
  gateway.configure(tcpLog, { ...config, tls: true, tls_sni: "a.test", ssl_verify: false });
  gateway.configure(tcpLog, { ...config, tls_sni: "a.test" });
  const tls = openedSinks().map(({ options }) => options.to === "tcp" && options.tls);
  assert.deepEqual(tls, [{ verify: true }, { sni: "a.test", verify: false }, undefined]);
});

test("appends one record for each request, and refuses Lua", async () => {
  const plugin = gateway.configure(tcpLog, config);
  await gateway.handle(plugin, { path: "/a" });
  assert.match(String(openedSinks()[0]?.entries[0]), /"uri":"\/a"/);
  const lua = { ...config, custom_fields_by_lua: { a: "return 1" } };
  assert.throws(() => gateway.configure(tcpLog, lua), /there is no Lua here/);
});
