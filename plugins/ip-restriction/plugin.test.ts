import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";

import ipRestriction from "./plugin.ts";

type Config = ConfigInput<typeof ipRestriction>;

async function passes(config: Config, clientAddress: string): Promise<boolean> {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(ipRestriction, config);
  const { isAnswered } = await gateway.handle(plugin, { clientAddress });
  return !isAnswered;
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = ipRestriction;
  assert.equal(manifest.name, "ip-restriction");
  assert.equal(manifest.priority, 990);
  assert.deepEqual(manifest.config["anyOf"], [{ required: ["allow"] }, { required: ["deny"] }]);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    status: 403,
    message: "Your IP address is not allowed",
  });
});

test("allow lets only those pass", async () => {
  const config = { allow: ["192.0.2.0/24", "2001:db8::7"] };
  assert.equal(await passes(config, "192.0.2.200"), true);
  assert.equal(await passes(config, "2001:db8:0::7"), true);
  assert.equal(await passes(config, "198.51.100.1"), false);
});

test("deny lets all others pass", async () => {
  const config = { deny: ["192.0.2.1"] };
  assert.equal(await passes(config, "192.0.2.1"), false);
  assert.equal(await passes(config, "192.0.2.2"), true);
});

test("deny wins over allow, and empty lists say nothing", async () => {
  const both = { allow: ["192.0.2.0/24"], deny: ["192.0.2.1"] };
  assert.equal(await passes(both, "192.0.2.1"), false);
  assert.equal(await passes(both, "192.0.2.2"), true);
  assert.equal(await passes({ allow: [], deny: [] }, "192.0.2.1"), true);
});

test("R2: an address in another form is the same address", async () => {
  assert.equal(await passes({ deny: ["127.0.0.1"] }, "::ffff:7f00:1"), false);
  assert.equal(await passes({ deny: ["::ffff:127.0.0.1"] }, "127.0.0.1"), false);
  assert.equal(await passes({ allow: ["::1"] }, "0:0::1"), true);
});

test("refuses who has no address", async () => {
  assert.equal(await passes({ deny: ["192.0.2.1"] }, "unix:"), false);
});

test("answers with Kong's status and message, or the config's", async () => {
  const gateway = new FakeGateway();
  const usual = await gateway.handle(gateway.configure(ipRestriction, { deny: ["0.0.0.0/0"] }));
  assert.equal(usual.response.status, 403);
  assert.match(usual.response.body ?? "", /"message":"Your IP address is not allowed"/);
  const config = { deny: ["0.0.0.0/0"], status: 404, message: "Gone" };
  const own = await gateway.handle(gateway.configure(ipRestriction, config));
  assert.equal(own.response.status, 404);
  assert.match(own.response.body ?? "", /"message":"Gone"/);
});

test("says where a list has what is no address", () => {
  const gateway = new FakeGateway();
  assert.throws(() => gateway.configure(ipRestriction, { allow: ["::1", "here"] }), {
    name: "ConfigError",
    message: 'allow[1]: "here" is no IP address or range in CIDR notation',
  });
});

test("judges an address alike when it comes again, and after many others", async () => {
  const gateway = new FakeGateway();
  const entry = gateway.configure(ipRestriction, { deny: ["192.0.2.0/24"] });
  const isRefused = async (clientAddress: string): Promise<boolean> =>
    (await gateway.handle(entry, { clientAddress })).isAnswered;
  for (let turn = 0; turn < 2; turn++) {
    assert.equal(await isRefused("192.0.2.7"), true);
    assert.equal(await isRefused("198.51.100.7"), false);
    for (let n = 0; n < 1500; n++) {
      assert.equal(await isRefused(`10.0.${n >> 8}.${n & 255}`), false);
    }
  }
});
