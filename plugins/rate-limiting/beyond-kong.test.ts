// What Kong's plugin has not: buckets, costs, the draft's headers, networks; and counters in a Redis.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { RedisError } from "@sluice/plugin-sdk";
import type { ConfigInput } from "@sluice/plugin-sdk";
import { answerRedis, emulate, FakeGateway } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import rateLimiting from "./plugin.ts";

type Config = ConfigInput<typeof rateLimiting>;

const NOON = Date.UTC(2026, 4, 31, 12, 0, 0);
const redis = { host: "127.0.0.1" };

after(() => answerRedis());

function limited(config: Config): {
  gateway: FakeGateway;
  ask(request?: FakeRequestInit): Promise<FakeExchange>;
} {
  const gateway = new FakeGateway({ nowMs: NOON });
  const plugin = gateway.configure(rateLimiting, config);
  return { gateway, ask: (request) => gateway.handle(plugin, request) };
}

test("token bucket: a burst passes, then one request for each interval", async () => {
  const { gateway, ask } = limited({ minute: 60, algorithm: "token_bucket", burst: 3 });
  for (const remaining of ["2", "1", "0"]) {
    const { response, isAnswered } = await ask();
    assert.equal(isAnswered, false);
    assert.equal(response.header("ratelimit-remaining"), remaining);
    assert.equal(response.header("ratelimit-limit"), "60");
  }
  const refused = await ask();
  assert.equal(refused.response.status, 429);
  assert.equal(refused.response.header("retry-after"), "1");
  gateway.nowMs += 1000;
  assert.deepEqual([(await ask()).isAnswered, (await ask()).isAnswered], [false, true]);
  gateway.nowMs += 60_000;
  assert.equal((await ask()).response.header("ratelimit-remaining"), "2");
});

test("R6 a clock that is set back empties a bucket, which otherwise stayed full for as long", async () => {
  const { gateway, ask } = limited({ minute: 60, algorithm: "token_bucket", burst: 2 });
  const asks = async (): Promise<boolean[]> => {
    const answered: boolean[] = [];
    for (let at = 0; at < 3; at++) answered.push((await ask()).isAnswered);
    return answered;
  };
  assert.deepEqual(await asks(), [false, false, true]);
  gateway.nowMs -= 3_600_000;
  assert.deepEqual(await asks(), [false, false, true]);
  gateway.nowMs += 1000;
  assert.equal((await ask()).isAnswered, false);
});

test("of several buckets all take a request, or none does", async () => {
  const { ask } = limited({ second: 2, hour: 3, algorithm: "token_bucket" });
  for (const wanted of [false, false, true, true]) assert.equal((await ask()).isAnswered, wanted);
  const { response } = await ask();
  assert.equal(response.header("x-ratelimit-remaining-hour"), "1");
});

test("a request costs what its header says, or what the config says", async () => {
  const { ask } = limited({ hour: 10, cost: 2, cost_header: "X-Cost" });
  const remaining = async (cost?: string): Promise<string | undefined> =>
    (await ask(cost === undefined ? {} : { headers: { "x-cost": cost } })).response.header(
      "ratelimit-remaining",
    );
  assert.equal(await remaining(), "8");
  assert.equal(await remaining("5"), "3");
  // Nobody gets something back, or for nothing.
  for (const cost of ["0", "-5", "1e9", "", "9999999999"])
    assert.notEqual(await remaining(cost), "3");
});

test("R7 the draft's headers have an item for each limit", async () => {
  const { ask } = limited({ minute: 5, hour: 100, ietf_headers: true, hide_client_headers: true });
  const { response } = await ask();
  assert.equal(response.header("ratelimit-policy"), '"minute";q=5;w=60, "hour";q=100;w=3600');
  assert.equal(response.header("ratelimit"), '"minute";r=4;t=60, "hour";r=99;t=3600');
  assert.equal(response.header("ratelimit-limit"), undefined);
});

test("R1 the addresses of an IPv6 network are one client", async () => {
  const { ask } = limited({ hour: 1, limit_by: "ip" });
  const passes = async (address: string): Promise<boolean> =>
    !(await ask({ clientAddress: address })).isAnswered;
  assert.equal(await passes("2001:db8:0:1::1"), true);
  assert.equal(await passes("2001:db8:0:1:ffff::2"), false);
  assert.equal(await passes("2001:db8:0:2::1"), true);
  assert.equal(await passes("192.0.2.1"), true);
  assert.equal(await passes("::ffff:192.0.2.1"), false);
});

test("R5 a key does not grow with what a client sends", async () => {
  const { gateway, ask } = limited({ hour: 1, limit_by: "header", header_name: "x-tenant" });
  const long = "a".repeat(8000);
  assert.equal((await ask({ headers: { "x-tenant": long } })).isAnswered, false);
  assert.equal((await ask({ headers: { "x-tenant": long } })).isAnswered, true);
  assert.equal((await ask({ headers: { "x-tenant": `${long}b` } })).isAnswered, false);
  assert.ok(gateway.store.keys().every((key) => key.length < 200));
});

test("redis: one script for a request, and what it says decides", async () => {
  const commands: string[][] = [];
  let reply: (string | number)[] = [1, "3.000", "3.000"];
  answerRedis((command) => {
    commands.push(command.map(String));
    return reply;
  });
  const { ask } = limited({ minute: 5, hour: 10, policy: "redis", redis });
  const passed = await ask({ clientAddress: "192.0.2.1" });
  assert.equal(passed.isAnswered, false);
  assert.equal(passed.response.header("x-ratelimit-remaining-minute"), "2");
  assert.equal(passed.response.header("x-ratelimit-remaining-hour"), "7");
  const [name, , count, first = "", second = ""] = commands[0] ?? [];
  assert.deepEqual([name, count, commands.length], ["EVALSHA", "4", 1]);
  assert.match(first, /^sluice:rate-limiting:\{ip:192\.0\.2\.1\}:entry-id:minute:\d+:$/);
  assert.match(second, /:hour:\d+:$/);
  reply = [0, "5.000", "5.000"];
  const refused = await ask();
  assert.equal(refused.response.status, 429);
  assert.equal(refused.response.header("x-ratelimit-remaining-minute"), "0");
});

test("redis: fault_tolerant decides when it does not answer", async () => {
  answerRedis(() => {
    throw new RedisError("unavailable", "there was no answer within 2000 ms");
  });
  const tolerant = limited({ hour: 1, policy: "redis", redis });
  assert.equal((await tolerant.ask()).isAnswered, false);
  assert.match(tolerant.gateway.logLines.join(), /not counted: there was no answer/);
  const strict = limited({ hour: 1, policy: "redis", redis, fault_tolerant: false });
  const { response } = await strict.ask();
  assert.equal(response.status, 500);
  assert.match(response.body ?? "", /"An unexpected error occurred"/);
});

const plugin = new URL("./plugin.ts", import.meta.url);

test("in the sandbox: a leaky bucket holds requests back and refuses those beyond its burst", async () => {
  const gateway = await emulate({
    plugin,
    config: { second: 10, algorithm: "leaky_bucket", burst: 2 },
  });
  const requests = Array.from({ length: 4 }, () => gateway.request());
  assert.equal((await requests[0])?.status, 200);
  assert.equal((await requests[3])?.status, 429);
  assert.equal(gateway.upstream.requests.length, 1);
  await gateway.advance(100);
  assert.equal((await requests[1])?.status, 200);
  assert.equal(gateway.upstream.requests.length, 2);
  await gateway.advance(100);
  assert.equal((await requests[2])?.status, 200);
});

test("in the sandbox: a Redis is asked once for each request", async () => {
  const seen: unknown[] = [];
  const gateway = await emulate({
    plugin,
    config: { hour: 2, policy: "redis", redis: { host: "10.0.0.5", password: "hush" } },
    redis: (command) => {
      seen.push(command[0]);
      if (command[0] === "EVALSHA" && seen.length === 1)
        throw new RedisError("refused", "NOSCRIPT");
      return [1, "1.000"];
    },
  });
  assert.equal((await gateway.request()).header("ratelimit-remaining"), "1");
  assert.equal((await gateway.request()).status, 200);
  assert.deepEqual(seen, ["EVALSHA", "EVAL", "EVALSHA"]);
});
