// Two gateway processes and one Redis: counters are exact over both, and what its loss does is the config's choice.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { createClient } from "redis";

import { ask, get } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { startGateway } from "../harness/gateway.ts";
import type { Gateway } from "../harness/gateway.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { Redis, withoutRedis } from "../harness/redis.ts";
import { reply, startUpstream } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";

const PASSWORD = "a-redis-password-9f3";
const CLIENTS = 64;

const missing = withoutRedis();

describe("with a Redis", { skip: missing }, () => {
  let redis: Redis;
  let upstream: Upstream;
  let gateways: Gateway[] = [];

  before(async () => {
    redis = await Redis.start(PASSWORD);
    upstream = await startUpstream();
    const text = configWith(upstream.port, redis.port);
    gateways = await Promise.all([0, 1].map(() => startGateway({ config: text })));
  });
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    await redis.stop();
    await upstream.close();
  });

  /** Each client asks each gateway, all at once. */
  async function storm(path: string, ...lines: string[]): Promise<Response[]> {
    return Promise.all(
      Array.from({ length: CLIENTS }, () => gateways)
        .flat()
        .map((gateway) => ask(gateway.proxyPort, get(path, ...lines))),
    );
  }

  for (const path of ["/fixed", "/sliding", "/bucket"]) {
    test(`R4 ${path}: of ${CLIENTS} clients at two gateways exactly the limit passes`, async () => {
      const answers = await storm(path);
      assert.equal(answers.filter(({ status }) => status === 200).length, 10);
      assert.equal(answers.filter(({ status }) => status === 429).length, 2 * CLIENTS - 10);
      for (const answer of answers) {
        assert.match(answer.header("ratelimit-remaining") ?? "", /^\d$/);
      }
    });
  }

  test("R4 response-ratelimiting: both gateways count what upstreams say", async () => {
    upstream.answer = (_, connection) =>
      void connection.send(reply("200 OK", "ok", "x-kong-limit: videos=1"));
    const answers = await storm("/responses");
    upstream.reset();
    assert.equal(answers.filter(({ status }) => status === 200).length, 10);
    assert.equal(answers.filter(({ status }) => status === 429).length, 2 * CLIENTS - 10);
  });

  test("concurrency-limiting: both gateways share the permits, and all of them come back", async () => {
    const path = "/concurrent";
    for (let round = 0; round < 2; round++) {
      const answers = await storm(path);
      assert.ok(answers.every(({ status }) => status === 200 || status === 503));
      assert.ok(answers.some(({ status }) => status === 200));
    }
    // None is kept; one comes back right after its response, so that the next client may be there before it.
    const deadline = performance.now() + 10_000;
    for (let passed = 0; passed < 10;) {
      const gateway = gateways[passed % 2] as Gateway;
      if ((await ask(gateway.proxyPort, get(path))).status === 200) passed++;
      assert.ok(performance.now() < deadline, "a permit never came back");
    }
  });

  test("a Redis that is silent: fault_tolerant decides, one line says it, and it is found again", async () => {
    const [gateway] = gateways as [Gateway];
    await untilCounted(gateway);
    const mark = gateway.mark;
    redis.freeze();
    try {
      assert.equal((await gateway.get("/tolerant")).status, 200);
      await gateway.logged(
        /Redis 127\.0\.0\.1:\d+ is down: there was no answer within 800 ms/,
        mark,
      );
      const strict = await gateway.get("/strict");
      assert.equal(strict.status, 500);
      assert.equal((strict.json() as Entry)["message"], "An unexpected error occurred");
      // While it is down, nobody waits for it: these are far more than the time-out would allow.
      for (let at = 0; at < 50; at++) assert.equal((await gateway.get("/tolerant")).status, 200);
    } finally {
      redis.thaw();
    }
    await gateway.logged(/Redis 127\.0\.0\.1:\d+ is back/, mark);
    await untilCounted(gateway);
    const lines = gateway.log.slice(mark).split("\n");
    assert.equal(lines.filter((line) => /Redis .* is down/.test(line)).length, 1);
  });

  test("R4 a key of another type is a fault of the store: fault_tolerant decides, and others count on", async () => {
    const [gateway] = gateways as [Gateway];
    const names = ["tolerant", "strict"];
    for (const name of names) await gateway.get(`/${name}`);
    const client = createClient({ url: `redis://:${PASSWORD}@127.0.0.1:${redis.port}` });
    client.on("error", () => undefined);
    await client.connect();
    for (const key of await client.keys("*")) {
      await client.del(key);
      await client.sAdd(key, "not a number");
    }
    try {
      const [tolerant, strict] = await Promise.all(names.map((name) => gateway.get(`/${name}`)));
      assert.deepEqual([tolerant?.status, strict?.status], [200, 500]);
      assert.doesNotMatch(strict?.text ?? "", /WRONGTYPE|sluice:/);
      assert.equal((await gateway.status("/metrics")).status, 200);
    } finally {
      await client.flushAll();
      client.destroy();
    }
    assert.equal((await gateway.get("/strict")).status, 200);
  });

  test("L2 the password is in no log, metric or answer, also when Redis refuses it", async () => {
    const [gateway] = gateways as [Gateway];
    const refused = await gateway.get("/wrong-password");
    assert.equal(refused.status, 500);
    await gateway.logged(/Redis 127\.0\.0\.1:\d+ is down: WRONGPASS/);
    const metrics = (await gateway.status("/metrics")).text;
    const answered = { outcome: "answered" };
    assert.ok(total(parseMetrics(metrics), "sluice_redis_commands_total", answered) > 100);
    for (const text of [gateway.log, metrics, refused.text]) {
      assert.doesNotMatch(text, new RegExp(`${PASSWORD}|not-the-password`));
    }
  });
});

/** On a busy machine even a Redis that is there may be late. */
async function untilCounted(gateway: Gateway): Promise<void> {
  const deadline = performance.now() + 10_000;
  while ((await gateway.get("/strict")).status !== 200) {
    assert.ok(performance.now() < deadline, "Redis was never found");
  }
}

function configWith(port: number, redisPort: number): Entry {
  const redis = { host: "127.0.0.1", port: redisPort, password: PASSWORD, timeout: 5000 };
  const at = (path: string, name: string, fields: Entry): Entry => ({
    name: path,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: path, paths: [`/${path}`], strip_path: false }],
    plugins: [{ name, config: { policy: "redis", redis, ...fields } }],
  });
  const rate = "rate-limiting";
  const short = { ...redis, timeout: 800 };
  return config({
    services: [
      at("fixed", rate, { hour: 10 }),
      at("sliding", rate, { hour: 10, day: 10, window_type: "sliding" }),
      at("bucket", rate, { day: 10, algorithm: "token_bucket" }),
      at("responses", "response-ratelimiting", { limits: { videos: { hour: 10 } } }),
      at("concurrent", "concurrency-limiting", { conn: 3 }),
      at("tolerant", rate, { hour: 10_000, redis: short }),
      at("strict", rate, { hour: 10_000, redis: short, fault_tolerant: false }),
      at("wrong-password", rate, {
        hour: 10,
        redis: { ...redis, password: "not-the-password" },
        fault_tolerant: false,
      }),
    ],
  });
}
