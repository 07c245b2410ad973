import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { emulate, FakeGateway, openedSinks, resetSinks } from "@sluice/plugin-sdk/testing";

import httpLog from "./plugin.ts";

const gateway = new FakeGateway();
const config = { http_endpoint: "https://logs.test/in" };
beforeEach(resetSinks);

test("has Kong's name, priority, phase and defaults", () => {
  const { name, priority, phases } = httpLog.manifest;
  assert.deepEqual([name, priority, phases], ["http-log", 12, ["log"]]);
  gateway.configure(httpLog, config);
  const [sink] = openedSinks();
  assert.deepEqual(sink?.options, {
    to: "http",
    url: "https://logs.test/in",
    method: "POST",
    contentType: "application/json",
    timeoutMs: 10_000,
    keepAliveMs: 60_000,
    headers: {},
    queue: {
      max_batch_size: 1,
      max_coalescing_delay: 1,
      max_entries: 10_000,
      max_retry_time: 60,
      initial_retry_delay: 0.01,
      max_retry_delay: 60,
      concurrency_limit: 1,
      dead_letter_max_bytes: 104_857_600,
    },
  });
});

test("appends one record for each request", async () => {
  const plugin = gateway.configure(httpLog, config);
  await gateway.handle(plugin, { path: "/a" });
  await gateway.handle(plugin, { path: "/b" });
  const uris = openedSinks()[0]?.entries.map((entry) => JSON.parse(String(entry)).request.uri);
  assert.deepEqual(uris, ["/a", "/b"]);
});

test("makes an array of a batch of several", () => {
  gateway.configure(httpLog, { ...config, queue: { max_batch_size: 2 } });
  const { prefix, separator, suffix } = openedSinks()[0]?.options ?? {};
  assert.deepEqual([prefix, separator, suffix], ["[", ",", "]"]);
});

test("refuses headers that are not its to set, and Lua", () => {
  for (const name of ["Host", "content-length", "Content-Type"]) {
    const refused = (): unknown =>
      gateway.configure(httpLog, { ...config, headers: { [name]: "x" } });
    assert.throws(refused, { name: "ConfigError", message: `headers.${name}: cannot be set here` });
  }
  const lua = { ...config, custom_fields_by_lua: { a: "return 1" } };
  assert.throws(
    () => gateway.configure(httpLog, lua),
    /^ConfigError: custom_fields_by_lua: there is/,
  );
});

test("sends the gateway's record, which the plugin never has", async () => {
  const plugin = new URL("./plugin.ts", import.meta.url);
  const emulated = await emulate({ plugin, config });
  await emulated.request({ path: "/orders?id=1" });
  const record = JSON.parse(emulated.sinks[0]?.entries[0] ?? "");
  assert.equal(record.request.uri, "/orders?id=1");
});
