import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import canary from "./plugin.ts";
import { stepOf } from "./step.ts";

type Config = ConfigInput<typeof canary>;

const NOW_MS = Date.UTC(2026, 0, 1);

function handle(config: Config, request: FakeRequestInit = {}): Promise<FakeExchange> {
  const gateway = new FakeGateway({ nowMs: NOW_MS });
  const full: Config = { upstream_host: "new", ...config };
  return gateway.handle(gateway.configure(canary, full), request);
}

async function isCanary(config: Config, request: FakeRequestInit = {}): Promise<boolean> {
  return (await handle(config, request)).chosen.name === "new";
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = canary;
  assert.equal(manifest.name, "canary");
  assert.equal(manifest.priority, 20);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    duration: 3600,
    steps: 1000,
    hash: "consumer",
    groups: [],
    upstream_fallback: false,
  });
});

test("sends none or all by percentage, and changes the path", async () => {
  assert.equal(await isCanary({ percentage: 0 }), false);
  const all = await handle({ percentage: 100, upstream_uri: "/v2" });
  assert.equal(all.chosen.name, "new");
  assert.equal(all.request.path, "/v2");
  const gateway = new FakeGateway();
  const uri = gateway.configure(canary, { percentage: 100, upstream_uri: "/v2" });
  const { chosen, request } = await gateway.handle(uri);
  assert.deepEqual([chosen.name, request.path], [undefined, "/v2"]);
});

test("an address stays with its version, and the share is kept", async () => {
  let count = 0;
  for (let last = 0; last < 400; last++) {
    const request = { clientAddress: `192.0.2.${last}` };
    const first = await isCanary({ percentage: 25, hash: "ip" }, request);
    assert.equal(await isCanary({ percentage: 25, hash: "ip" }, request), first);
    // Who was there before stays there when the share grows.
    if (first) assert.equal(await isCanary({ percentage: 60, hash: "ip" }, request), true);
    if (first) count++;
  }
  assert.ok(count > 70 && count < 130, `${count} of 400`);
});

test("the header decides, and the address where there is none", async () => {
  const config: Config = { percentage: 50, hash: "header", hash_header: "x-user" };
  const of = (user: string, clientAddress: string): Promise<boolean> =>
    isCanary(config, { headers: { "x-user": user }, clientAddress });
  const users = await Promise.all(Array.from({ length: 40 }, (_, at) => of(`u${at}`, "192.0.2.1")));
  assert.equal(new Set(users).size, 2);
  assert.equal(await of("u1", "192.0.2.9"), users[1]);
});

test("a release in time goes from none to all", async () => {
  const start = NOW_MS / 1000;
  const share = async (startedAgo: number): Promise<number> => {
    let count = 0;
    for (let at = 0; at < 200; at++) {
      const config: Config = { start: start - startedAgo, duration: 100, hash: "ip" };
      if (await isCanary(config, { clientAddress: `192.0.2.${at}` })) count++;
    }
    return count / 200;
  };
  assert.equal(await share(-10), 0);
  assert.equal(await share(0), 0);
  assert.ok(Math.abs((await share(50)) - 0.5) < 0.15);
  assert.equal(await share(100), 1);
});

test("a header takes a request there, or keeps it away", async () => {
  const config: Config = { percentage: 0, canary_by_header_name: "x-canary" };
  assert.equal(await isCanary(config, { headers: { "x-canary": "always" } }), true);
  const all = { ...config, percentage: 100 };
  assert.equal(await isCanary(all, { headers: { "x-canary": "never" } }), false);
  assert.equal(await isCanary(all, { headers: { "x-canary": "maybe" } }), true);
});

test("allow and deny go by groups, and nobody is in none", async () => {
  assert.equal(await isCanary({ hash: "allow", groups: ["beta"] }), false);
  assert.equal(await isCanary({ hash: "deny", groups: ["beta"] }), true);
});

test("none is by chance, and steps are as likely as each other", () => {
  assert.equal(
    stepOf(undefined, 1000, () => 0.5),
    500,
  );
  const counts = Array.from({ length: 10 }, () => 0);
  for (let at = 0; at < 10_000; at++) {
    const step = stepOf(`consumer-${at}`, 10);
    counts[step] = (counts[step] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(count > 850 && count < 1150, counts.join());
});

test("refuses a config that it cannot carry out", () => {
  const gateway = new FakeGateway();
  const faults: [Config, RegExp][] = [
    [{ percentage: 1 }, /^give at least one of upstream_host, upstream_uri$/],
    [
      { percentage: 1, upstream_port: 80, upstream_uri: "/" },
      /^upstream_port: needs upstream_host$/,
    ],
    [{ upstream_host: "a" }, /^give percentage, or start$/],
    [{ upstream_host: "a", percentage: 1, hash: "header" }, /^hash_header: is required when/],
    [{ upstream_host: "a", hash: "allow" }, /^groups: is required when hash is allow$/],
  ];
  for (const [config, message] of faults) {
    assert.throws(() => gateway.configure(canary, config), { name: "ConfigError", message });
  }
});
