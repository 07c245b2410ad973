import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "@sluice/plugin-sdk/abi";
import type { RedisUse } from "../../redis/redis-clients.ts";
import { RedisFailed } from "../../redis/redis-failed.ts";
import type { RedisOptions } from "../../redis/redis-options.ts";
import { NO_GRANTS } from "../plugin.testing.ts";
import { GuestCall } from "./guest-call.ts";
import { GuestMemory } from "./guest-memory.ts";
import { PendingCalls } from "./pending-calls.ts";
import { redisFunctions } from "./redis-functions.ts";

interface Resumed {
  readonly result: number;
  readonly head: string;
  readonly body: string;
}

function guest(use: RedisUse = async () => null, grants: readonly string[] = ["redis.test:6379"]) {
  const linear = new WebAssembly.Memory({ initial: 2 });
  const bytes = Buffer.from(linear.buffer);
  const memory = new GuestMemory();
  memory.attach(linear);
  const call = new GuestCall();
  const resumed = Promise.withResolvers<Resumed>();
  const pending: PendingCalls = new PendingCalls((_, id, result) =>
    resumed.resolve({
      result,
      head: String(pending.part(id, 0)),
      body: pending.part(id, 1)?.toString("latin1") ?? "",
    }),
  );
  const opened: [RedisOptions, boolean][] = [];
  const entry = (id: string) => ({
    id,
    json: "{}",
    strings: new Set<string>(),
    grants: { ...NO_GRANTS, fetch: grants },
  });
  const functions = redisFunctions({
    plugin: "tested",
    memory,
    call,
    pending,
    entries: [entry("one"), entry("other")],
    services: {
      redis: {
        open: (options, mayBePrivate) => {
          opened.push([options, mayBePrivate]);
          return use;
        },
      },
    },
  });
  const put = (text: string, at: number): number => bytes.write(text, at, "latin1");
  const open = (options: string): number => functions.redis_open(0, 64, put(options, 64));
  const send = (redis: number, command: string, data?: string): number =>
    functions.redis_call(
      0,
      0,
      redis,
      64,
      put(command, 64),
      8192,
      data === undefined ? -1 : put(data, 8192),
    );
  const configure = (index = 0): void => void call.begin("configure", index, undefined, Infinity);
  const serve = (index = 0): void => void call.begin("access", index, undefined, Infinity);
  return { opened, open, send, configure, serve, resumed: resumed.promise };
}

const REDIS_TEST = '{"host":"redis.test"}';

test("an entry opens what it was granted, in configure alone", () => {
  const { open, opened, configure, serve } = guest();
  configure();
  assert.equal(open(REDIS_TEST), 1);
  assert.equal(opened[0]?.[1], false);
  assert.equal(open('{"host":"redis.test","port":6380}'), Fault.denied);
  assert.equal(open('{"host":"127.0.0.1"}'), Fault.denied);
  assert.equal(open("{"), Fault.badValue);
  serve();
  assert.equal(open(REDIS_TEST), Fault.wrongPhase);
});

test("an entry uses its own, and not in configure", () => {
  const { open, send, configure, serve } = guest();
  configure(0);
  const redis = open(REDIS_TEST);
  assert.equal(send(redis, '["PING"]'), Fault.wrongPhase);
  serve(1);
  assert.equal(send(redis, '["PING"]'), Fault.badHandle);
  serve(0);
  assert.equal(send(redis + 1, '["PING"]'), Fault.badHandle);
  for (const wrong of ["PING", "[]", '["SET",1]', '["SET",null]']) {
    assert.equal(send(redis, wrong), Fault.badValue, wrong);
  }
  assert.ok(send(redis, '["PING"]') > 0);
});

test("bytes stand where null does, and come back as part 1", async () => {
  const seen: unknown[] = [];
  const { open, send, configure, serve, resumed } = guest(async (command) => {
    seen.push(command);
    return Buffer.from([0xff, 0]);
  });
  configure();
  const redis = open(REDIS_TEST);
  serve();
  send(redis, '["SET","key",null,"PX","5"]', "\xff\0");
  assert.deepEqual(await resumed, { result: 1, head: "", body: "\xff\0" });
  assert.deepEqual(seen, [["SET", "key", Buffer.from([0xff, 0]), "PX", "5"]]);
});

test("other replies come as JSON, failures with their reason", async () => {
  const outcomes: [RedisUse, Partial<Resumed>][] = [
    [async () => 7, { result: 0, head: "7" }],
    [
      async () => [1, Buffer.from("x"), null, new Error("no")],
      { result: 0, head: '[1,"x",null,{"error":"no"}]' },
    ],
    [
      () => Promise.reject(new RedisFailed("refused", "WRONGTYPE no")),
      { result: Fault.badValue, head: '{"reason":"refused","message":"WRONGTYPE no"}' },
    ],
    [
      () => Promise.reject(new RedisFailed("unavailable", "gone")),
      { result: Fault.unavailable, head: '{"reason":"unavailable","message":"gone"}' },
    ],
  ];
  for (const [use, expected] of outcomes) {
    const { open, send, configure, serve, resumed } = guest(use);
    configure();
    const redis = open(REDIS_TEST);
    serve();
    send(redis, '["GET","key"]');
    assert.deepEqual(await resumed, { body: "", ...expected });
  }
});
