import assert from "node:assert/strict";
import { test } from "node:test";

import { RedisClients } from "./redis-clients.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { readRedisOptions } from "./redis-options.ts";
import type { RedisOptions } from "./redis-options.ts";

const CONNECTION: RedisConnection = { send: async () => "OK", destroy: () => undefined };

function clientsFor(addresses: readonly string[], connected: string[] = []): RedisClients {
  return new RedisClients({
    resolve: async () => addresses,
    connect: async ({ database }, address) => {
      connected.push(`${address} ${database}`);
      return CONNECTION;
    },
    onChange: () => undefined,
  });
}

function options(fields: Readonly<Record<string, unknown>> = {}): RedisOptions {
  const read = readRedisOptions(JSON.stringify(fields));
  assert.ok(read);
  return read;
}

test("Kong's defaults, null for a missing field, and nothing else", () => {
  assert.deepEqual(options({ password: null }), {
    host: "127.0.0.1",
    port: 6379,
    username: undefined,
    password: undefined,
    database: 0,
    timeoutMs: 2000,
    ssl: false,
    sslVerify: false,
    serverName: undefined,
  });
  for (const wrong of ['{"port":0}', '{"timeout":"2"}', '{"host":""}', '{"database":-1}', "{", "1"])
    assert.equal(readRedisOptions(wrong), undefined, wrong);
});

test("equal options share one connection, others do not", async () => {
  const connected: string[] = [];
  const clients = clientsFor(["10.0.0.5"], connected);
  const uses = [{}, {}, { database: 1 }].map((fields) =>
    clients.open(options({ host: "redis.test", ...fields }), true),
  );
  for (const use of uses) await use(["PING"]);
  assert.deepEqual(connected, ["10.0.0.5 0", "10.0.0.5 1"]);
  clients.close();
});

test("W7 a name with a private address is connected to only where that is allowed", async () => {
  const connected: string[] = [];
  const clients = clientsFor(["169.254.169.254", "192.0.2.1", "1.1.1.1"], connected);
  await clients.open(options({ host: "redis.test" }), false)(["PING"]);
  assert.deepEqual(connected, ["1.1.1.1 0"]);
  const inside = clientsFor(["10.0.0.5"]);
  await assert.rejects(inside.open(options({ host: "redis.test" }), false)(["PING"]), /private/);
  for (const each of [clients, inside]) each.close();
});

test("counts what became of commands, over all clients of a server", async () => {
  const clients = clientsFor(["10.0.0.5"]);
  const named = { host: "redis.test" };
  await clients.open(options(named), true)(["PING"]);
  const other = clients.open(options({ ...named, database: 1 }), true);
  await other(["PING"]);
  await assert.rejects(other(["MONITOR"]));
  const [commands, connections] = clients.families();
  const server = "redis.test:6379";
  assert.deepEqual(commands?.samples, [
    { labels: { server, outcome: "answered" }, value: 2 },
    { labels: { server, outcome: "denied" }, value: 1 },
  ]);
  assert.deepEqual(connections?.samples, [{ labels: { server }, value: 2 }]);
  clients.close();
});
