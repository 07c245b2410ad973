import assert from "node:assert/strict";
import { after, test } from "node:test";

import { RedisError } from "@sluice/plugin-sdk";
import type { ConfigInput } from "@sluice/plugin-sdk";
import { answerRedis, emulate, fillDefaults, FakeGateway } from "@sluice/plugin-sdk/testing";
import type { EmulatedGateway } from "@sluice/plugin-sdk/testing";

import { incrementsOf } from "./increments.ts";
import responseRatelimiting from "./plugin.ts";

type Config = ConfigInput<typeof responseRatelimiting>;

const plugin = new URL("./plugin.ts", import.meta.url);

after(() => answerRedis());

/** An upstream that says what the request's header tells it to. */
function gatewayWith(config: Config): Promise<EmulatedGateway> {
  return emulate({
    plugin,
    config,
    upstream: (request) => ({
      headers: { "x-kong-limit": request.header("x-uses") ?? "" },
      body: "video",
    }),
  });
}

const uses = (what: string) => ({ headers: { "x-uses": what } });

test("states Kong's name, priority and defaults", () => {
  const { manifest } = responseRatelimiting;
  assert.deepEqual([manifest.name, manifest.priority], ["response-ratelimiting", 900]);
  assert.deepEqual(fillDefaults(manifest.config, { limits: {} }), {
    limits: {},
    header_name: "x-kong-limit",
    limit_by: "consumer",
    ipv6_prefix: 64,
    policy: "local",
    fault_tolerant: true,
    block_on_first_violation: false,
    hide_client_headers: false,
  });
});

test("counts what the upstream says, tells both sides what is left, and keeps the header", async () => {
  const gateway = await gatewayWith({ limits: { videos: { minute: 5, hour: 7 } } });
  const response = await gateway.request(uses("videos=2, images=9"));
  assert.equal(response.status, 200);
  assert.equal(response.header("x-kong-limit"), undefined);
  assert.equal(response.header("x-ratelimit-limit-videos-minute"), "5");
  assert.equal(response.header("x-ratelimit-remaining-videos-minute"), "3");
  assert.equal(response.header("x-ratelimit-remaining-videos-hour"), "5");
  await gateway.request();
  assert.equal(gateway.upstream.requests[0]?.header("x-ratelimit-remaining-videos"), "5");
  assert.equal(gateway.upstream.requests[1]?.header("x-ratelimit-remaining-videos"), "3");
});

test("a response that uses what is used up is 429 without its body, and counts nowhere", async () => {
  const gateway = await gatewayWith({ limits: { videos: { hour: 2 }, images: { hour: 9 } } });
  assert.equal((await gateway.request(uses("videos=2"))).status, 200);
  const refused = await gateway.request(uses("videos=1,images=4"));
  assert.equal(refused.status, 429);
  assert.equal(refused.text(), "");
  assert.equal(refused.header("x-ratelimit-remaining-videos-hour"), "0");
  const other = await gateway.request(uses("images=1"));
  assert.equal(other.status, 200);
  assert.equal(other.header("x-ratelimit-remaining-images-hour"), "8");
});

test("block_on_first_violation refuses before the upstream is asked", async () => {
  const gateway = await gatewayWith({
    limits: { videos: { hour: 1 } },
    block_on_first_violation: true,
  });
  await gateway.request(uses("videos=1"));
  const refused = await gateway.request();
  assert.equal(refused.status, 429);
  assert.match(refused.text(), /API rate limit exceeded for 'videos'/);
  assert.equal(gateway.upstream.requests.length, 1);
});

test("hide_client_headers hides them, and header_name names another header", async () => {
  const gateway = await emulate({
    plugin,
    config: { limits: { a: { hour: 1 } }, hide_client_headers: true, header_name: "X-Used" },
    upstream: () => ({ headers: { "x-used": "a=1", "x-kong-limit": "a=1" } }),
  });
  const response = await gateway.request();
  assert.deepEqual(
    response.headerNames().filter((name) => name.startsWith("x-ratelimit")),
    [],
  );
  assert.equal(response.header("x-kong-limit"), "a=1");
  assert.equal((await gateway.request()).status, 429);
});

test("counts by client address, of IPv6 by network, when nobody is authenticated", async () => {
  const gateway = await gatewayWith({ limits: { a: { hour: 1 } } });
  const left = async (clientAddress: string): Promise<string | undefined> =>
    (await gateway.request({ ...uses("a=1"), clientAddress })).header(
      "x-ratelimit-remaining-a-hour",
    );
  assert.equal(await left("2001:db8::1"), "0");
  assert.equal(
    (await gateway.request({ ...uses("a=1"), clientAddress: "2001:db8::2" })).status,
    429,
  );
  assert.equal(await left("192.0.2.1"), "0");
});

test("redis: reads in access, counts with one script, and fault_tolerant decides", async () => {
  const seen: string[] = [];
  let isThere = true;
  const redis = { host: "10.0.0.5" };
  const config: Config = { limits: { a: { hour: 3 } }, policy: "redis", redis };
  const options = {
    plugin,
    upstream: () => ({ headers: { "x-kong-limit": "a=1" } }),
    redis: ([name]: readonly (string | Uint8Array)[]) => {
      if (!isThere) throw new RedisError("unavailable", "gone");
      seen.push(String(name));
      return name === "MGET" ? ["1"] : [1, 1];
    },
  };
  const tolerant = await emulate({ ...options, config });
  const response = await tolerant.request();
  assert.equal(response.header("x-ratelimit-remaining-a-hour"), "1");
  assert.deepEqual(seen, ["MGET", "EVALSHA"]);
  isThere = false;
  assert.equal((await tolerant.request()).status, 200);
  const strict = await emulate({ ...options, config: { ...config, fault_tolerant: false } });
  const refused = await strict.request();
  assert.equal(refused.status, 500);
  assert.match(refused.text(), /An unexpected error occurred/);
});

test("reads increments as Kong does, and nothing that is no number", () => {
  assert.deepEqual(
    [...incrementsOf([" a = 1 ,b=2", "b=3,c,d=,e=-1,f=1=2,g=x,h=1.5"])],
    [
      ["a", 1],
      ["b", 3],
    ],
  );
});

test("refuses a config that it cannot carry out", () => {
  const gateway = new FakeGateway();
  const faults: [Config, RegExp][] = [
    [{ limits: {} }, /^limits: give at least one$/],
    [{ limits: { a: {} } }, /^limits.a: give at least one of second/],
    [{ limits: { "a b": { hour: 1 } } }, /^limits.a b: a name is of letters/],
    [{ limits: { a: { second: 2, hour: 1 } } }, /^limits.a.hour: 1 is lower than 2/],
    [{ limits: { a: { hour: 1 } }, policy: "redis" }, /^redis.host: is required/],
    [{ limits: { a: { hour: 1 } }, policy: "cluster" }, /^policy: "cluster" needs/],
  ];
  for (const [config, message] of faults) {
    assert.throws(() => gateway.configure(responseRatelimiting, config), {
      name: "ConfigError",
      message,
    });
  }
});
