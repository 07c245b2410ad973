import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";

import fileLog from "./plugin.ts";

test("states Kong's name, priority and defaults, and runs only in the log phase", () => {
  assert.equal(fileLog.manifest.name, "file-log");
  assert.equal(fileLog.manifest.priority, 9);
  assert.deepEqual(fileLog.manifest.phases, ["log"]);
  assert.deepEqual(fillDefaults(fileLog.manifest.config, {}), { reopen: false });
});

test("appends one record for each request, in their order", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(fileLog, { path: "/var/log/requests.log" });
  await gateway.handle(plugin, { path: "/first" });
  await gateway.handle(plugin, { path: "/second" });

  const lines = gateway.files.get("/var/log/requests.log") ?? [];
  const uris = lines.map((line) => (JSON.parse(line) as { request: { uri: string } }).request.uri);
  assert.deepEqual(uris, ["/first", "/second"]);
  assert.ok(lines.every((line) => !line.includes("\n")));
  assert.deepEqual(gateway.reopenedPaths, []);
});

test("has the file opened anew when told to", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(fileLog, { path: "requests.log", reopen: true });
  await gateway.handle(plugin);
  assert.deepEqual(gateway.reopenedPaths, ["requests.log"]);
});

test("takes only paths that Kong takes", () => {
  const { properties } = fileLog.manifest.config as { properties: { path: { pattern: string } } };
  const pattern = new RegExp(properties.path.pattern);
  for (const path of ["/tmp/a.log", "a", "with space.log"]) assert.match(path, pattern);
  for (const path of ["", " a", "a ", "a*b", "a&b", "100%", "`a`"])
    assert.doesNotMatch(path, pattern);
});

test("refuses Lua fields and says what to do instead", () => {
  const gateway = new FakeGateway();
  const config = { path: "a.log", custom_fields_by_lua: { team: "return 'red'" } };
  assert.throws(() => gateway.configure(fileLog, config), {
    name: "ConfigError",
    message: /^custom_fields_by_lua: there is no Lua here/,
  });
  gateway.configure(fileLog, { path: "a.log", custom_fields_by_lua: {} });
});
