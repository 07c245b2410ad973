import assert from "node:assert/strict";
import { test } from "node:test";

import { openRedis } from "./redis.ts";
import { RedisError } from "./redis-error.ts";
import { answerRedis } from "./testing/index.ts";

test("arguments go as text, bytes as they are, and a single value comes as text or bytes", async () => {
  const seen: unknown[] = [];
  answerRedis((command) => {
    seen.push(command);
    return new Uint8Array([0x68, 0x69]);
  });
  const redis = openRedis({});
  assert.equal(await redis.call("SET", "key", new Uint8Array([0xff]), "PX", 1500), "hi");
  assert.deepEqual(await redis.bytes("GET", "key"), new Uint8Array([0x68, 0x69]));
  await redis.call("SET", "key", new Uint8Array(0));
  assert.deepEqual(seen, [
    ["SET", "key", new Uint8Array([0xff]), "PX", "1500"],
    ["GET", "key"],
    ["SET", "key", ""],
  ]);
  const two = new Uint8Array([1]);
  await assert.rejects(redis.call("MSET", "a", two, "b", two), TypeError);
});

test("a script goes by its digest, and whole only when the server does not know it", async () => {
  const seen: string[] = [];
  answerRedis(([name, script = ""]) => {
    seen.push(`${String(name)} ${String(script)}`);
    if (name === "EVALSHA" && seen.length === 1) throw new RedisError("refused", "NOSCRIPT no");
    return 7;
  });
  const run = openRedis({}).script("return 7");
  assert.equal(await run(["key"], [1]), 7);
  assert.equal(await run(["key"], [1]), 7);
  assert.deepEqual(
    seen.map((each) => each.split(" ")[0]),
    ["EVALSHA", "EVAL", "EVALSHA"],
  );
  assert.match(seen[2] ?? "", /^EVALSHA [0-9a-f]{40}$/);
  assert.equal(seen[1], "EVAL return 7");
});

test("a script's own error is not taken for a missing script", async () => {
  let runs = 0;
  answerRedis(() => {
    runs++;
    throw new RedisError("refused", "ERR user_script:1: no");
  });
  await assert.rejects(openRedis({}).script("x")([], []), /user_script/);
  assert.equal(runs, 1);
  answerRedis();
});
