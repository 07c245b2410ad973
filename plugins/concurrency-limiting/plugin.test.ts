import assert from "node:assert/strict";
import { test } from "node:test";

import { RedisError } from "@sluice/plugin-sdk";
import type { ConfigInput } from "@sluice/plugin-sdk";
import { emulate, fillDefaults, FakeGateway, FakeStore } from "@sluice/plugin-sdk/testing";
import type { EmulateOptions, EmulatedGateway } from "@sluice/plugin-sdk/testing";

import { localPermits } from "./permits.ts";
import concurrencyLimiting from "./plugin.ts";

type Config = ConfigInput<typeof concurrencyLimiting>;

const plugin = new URL("./plugin.ts", import.meta.url);

/** A gateway whose upstream answers when it is told to. */
async function held(
  config: Config,
  more: Partial<EmulateOptions> = {},
): Promise<{ gateway: EmulatedGateway; release(): void }> {
  const waiting: (() => void)[] = [];
  const gateway = await emulate({
    plugin,
    config,
    upstream: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return {};
    },
    ...more,
  });
  return { gateway, release: () => waiting.splice(0).forEach((resolve) => resolve()) };
}

/** Lets everything go on that waits for nothing. */
async function settle(): Promise<void> {
  for (let at = 0; at < 20; at++) await new Promise((resolve) => setImmediate(resolve));
}

test("states its name, priority and defaults", () => {
  const { manifest } = concurrencyLimiting;
  assert.deepEqual([manifest.name, manifest.priority], ["concurrency-limiting", 905]);
  assert.deepEqual(fillDefaults(manifest.config, { conn: 1 }), {
    conn: 1,
    burst: 0,
    default_conn_delay: 0.1,
    limit_by: "consumer",
    ipv6_prefix: 64,
    policy: "local",
    lease: 600,
    fault_tolerant: true,
    error_code: 503,
    error_message: "Too many requests at a time",
  });
});

test("refuses more than conn at a time, and takes others when one has ended", async () => {
  const { gateway, release } = await held({ conn: 2 });
  const first = [gateway.request(), gateway.request()];
  await settle();
  const refused = await gateway.request();
  assert.equal(refused.status, 503);
  assert.match(refused.text(), /Too many requests at a time/);
  release();
  for (const each of first) assert.equal((await each).status, 200);
  const next = [gateway.request(), gateway.request()];
  await settle();
  assert.equal(gateway.upstream.requests.length, 4);
  release();
  await Promise.all(next);
});

test("counts each client apart", async () => {
  const { gateway, release } = await held({ conn: 1, limit_by: "header", header_name: "x-tenant" });
  const requests = ["a", "b"].map((tenant) => gateway.request({ headers: { "x-tenant": tenant } }));
  await settle();
  assert.equal((await gateway.request({ headers: { "x-tenant": "a" } })).status, 503);
  release();
  for (const each of requests) assert.equal((await each).status, 200);
});

test("holds the burst back, longer for each conn before it", async () => {
  const { gateway, release } = await held({ conn: 1, burst: 2, default_conn_delay: 0.1 });
  const requests = [gateway.request(), gateway.request(), gateway.request()];
  await settle();
  assert.equal((await gateway.request()).status, 503);
  assert.equal(gateway.upstream.requests.length, 1);
  await gateway.advance(100);
  await settle();
  assert.equal(gateway.upstream.requests.length, 2);
  await gateway.advance(100);
  await settle();
  release();
  for (const each of requests) assert.equal((await each).status, 200);
});

test("a permit comes back when the upstream fails", async () => {
  let fails = true;
  const gateway = await emulate({
    plugin,
    config: { conn: 1 },
    upstream: () => ({ status: fails ? 502 : 200 }),
  });
  for (let at = 0; at < 3; at++) assert.equal((await gateway.request()).status, 502);
  fails = false;
  assert.equal((await gateway.request()).status, 200);
});

test("redis: takes with one script, gives back in the log phase, and fault_tolerant decides", async () => {
  const seen: string[] = [];
  let reply: number | undefined = 1;
  const options: Partial<EmulateOptions> = {
    upstream: () => ({}),
    redis: ([name, key]) => {
      if (reply === undefined) throw new RedisError("unavailable", "gone");
      seen.push(name === "ZREM" ? `ZREM ${String(key)}` : String(name));
      return name === "ZREM" ? 1 : reply;
    },
  };
  const config: Config = { conn: 1, limit_by: "ip", policy: "redis", redis: { host: "10.0.0.5" } };
  const { gateway } = await held(config, options);
  assert.equal((await gateway.request({ clientAddress: "192.0.2.1" })).status, 200);
  const key = "sluice:concurrency-limiting:{ip:192.0.2.1}:entry-id";
  assert.deepEqual(seen, ["EVALSHA", `ZREM ${key}`]);
  reply = 0;
  assert.equal((await gateway.request()).status, 503);
  assert.equal(seen.length, 3);
  reply = undefined;
  assert.equal((await gateway.request()).status, 200);
  const strict = await held({ ...config, fault_tolerant: false }, options);
  assert.equal((await strict.gateway.request()).status, 500);
});

test("local: of 1000 that come at once only the limit gets one, and all that come back are there again", () => {
  const store = new FakeStore(() => Date.now());
  const permits = localPermits("entry", 600_000);
  const taken = Array.from({ length: 1000 }, () => permits.take(store, "a", "id", 10));
  const granted = taken.flatMap((each) => ("permit" in each && each.permit ? [each.permit] : []));
  assert.equal(granted.length, 10);
  for (const permit of granted) void permits.giveBack(store, permit);
  // Twice: a counter does not go below nothing.
  for (const permit of granted) void permits.giveBack(store, permit);
  const again = Array.from({ length: 20 }, () => permits.take(store, "a", "id", 10));
  assert.equal(again.filter((each) => "permit" in each && each.permit !== undefined).length, 10);
});

test("refuses a config that it cannot carry out", () => {
  const gateway = new FakeGateway();
  const faults: [Config, RegExp][] = [
    [{ conn: 1, policy: "redis" }, /^redis.host: is required when policy is redis$/],
    [{ conn: 1, limit_by: "header" }, /^header_name: is required when limit_by is header$/],
  ];
  for (const [config, message] of faults) {
    assert.throws(() => gateway.configure(concurrencyLimiting, config), { message });
  }
});
