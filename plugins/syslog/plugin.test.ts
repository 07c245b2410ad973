import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeGateway, openedSinks, resetSinks } from "@sluice/plugin-sdk/testing";

import { counted, FACILITIES, isAtLeast, message, priority, SEVERITIES } from "./message.ts";
import syslog from "./plugin.ts";

const gateway = new FakeGateway({ nowMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) });
beforeEach(resetSinks);

async function priorities(config: object, statuses: readonly number[]): Promise<string[]> {
  resetSinks();
  const plugin = gateway.configure(syslog, config);
  for (const status of statuses) {
    const exchange = gateway.begin();
    exchange.response.status = status;
    await exchange.onLog(plugin);
  }
  return (openedSinks()[0]?.entries ?? []).map((entry) => String(entry).split(" ")[0] ?? "");
}

test("has Kong's name, priority, phase and defaults", async () => {
  const { name, priority: order, phases } = syslog.manifest;
  assert.deepEqual([name, order, phases], ["syslog", 4, ["log"]]);
  assert.deepEqual(await priorities({}, [200, 404, 500]), ["<14>1", "<14>1", "<14>1"]);
  const { queue: _, ...options } = openedSinks()[0]?.options ?? {};
  assert.deepEqual(options, { to: "udp", host: "localhost", port: 514 });
});

test("takes the severity by status, and passes over what is less grave than log_level", async () => {
  const severities = {
    successful_severity: "debug",
    client_errors_severity: "warning",
    server_errors_severity: "crit",
    facility: "local7",
  } as const;
  assert.deepEqual(await priorities(severities, [200, 404, 500]), ["<188>1", "<186>1"]);
  const all = { ...severities, log_level: "debug" } as const;
  assert.deepEqual(await priorities(all, [200]), ["<191>1"]);
});

test("writes messages as RFC 5424 has them", async () => {
  const plugin = gateway.configure(syslog, {});
  await gateway.handle(plugin, { path: "/a" });
  const text = String(openedSinks()[0]?.entries[0]);
  assert.match(text, /^<14>1 2026-01-02T03:04:05\.006Z - sluice - access - \{"request":/);
});

test("counts bytes in front of messages on streams, and ends lines on Unix sockets", async () => {
  const plugin = gateway.configure(syslog, { protocol: "tcp", port: 601 });
  await gateway.handle(plugin, { path: "/ü" });
  const text = String(openedSinks()[0]?.entries[0]);
  const [length = "", rest = ""] = text.split(/ (.*)/s);
  assert.equal(Number(length), Buffer.byteLength(rest));
  gateway.configure(syslog, { protocol: "tls", tls_sni: "a.test" });
  gateway.configure(syslog, { protocol: "unix", path: "/run/log.sock" });
  const [, tls, unix] = openedSinks().map(({ options }) => options);
  assert.deepEqual(tls?.to === "tcp" && tls.tls, { sni: "a.test", verify: true });
  assert.deepEqual([unix?.to, unix?.suffix], ["unix", "\n"]);
  assert.throws(() => gateway.configure(syslog, { protocol: "unix" }), /^ConfigError: path: /);
});

test("numbers are those of the RFC", () => {
  assert.equal(priority("kern", "emerg"), "<0>1");
  assert.equal(priority("local4", "notice"), "<165>1");
  assert.deepEqual([Object.keys(FACILITIES).length, SEVERITIES.length], [20, 8]);
  assert.equal(isAtLeast("err", "err"), true);
  assert.equal(isAtLeast("info", "notice"), false);
  assert.equal(counted("ü"), "2 ü");
  assert.equal(message("<14>1", 0, "x"), "<14>1 1970-01-01T00:00:00.000Z - sluice - access - x");
});

test("refuses Lua", () => {
  const lua = { custom_fields_by_lua: { a: "return 1" } };
  assert.throws(() => gateway.configure(syslog, lua), /there is no Lua here/);
});
