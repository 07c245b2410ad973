import assert from "node:assert/strict";
import { test } from "node:test";

import { connectRedis } from "./redis-connection.ts";
import { RedisFailed } from "./redis-failed.ts";
import { OK, TestRedis } from "./redis.testing.ts";

const ignore = (): void => undefined;

test("what is sent in one turn goes out together, and replies keep their order", async () => {
  const redis = await TestRedis.start();
  redis.answer = ([, key]) => `$${key?.length}\r\n${key}\r\n`;
  const connection = await connectRedis(redis.options, "127.0.0.1", ignore);
  redis.writes.length = 0;
  const replies = await Promise.all(["a", "bb"].map((key) => connection.send(["GET", key])));
  assert.deepEqual(replies.map(String), ["a", "bb"]);
  assert.equal(redis.writes.length, 1);
  connection.destroy();
});

test("bytes go both ways unchanged", async () => {
  const redis = await TestRedis.start();
  redis.answer = ([name, , value]) => (name === "SET" ? OK : `$2\r\n${value ?? "\xff\0"}\r\n`);
  const connection = await connectRedis(redis.options, "127.0.0.1", ignore);
  await connection.send(["SET", "key", Buffer.from([0xff, 0])]);
  assert.deepEqual(redis.commands.at(-1), ["SET", "key", "\xff\0"]);
  assert.deepEqual(await connection.send(["GET", "key"]), Buffer.from([0xff, 0]));
  connection.destroy();
});

test("signs in and selects the database; a refusal has no credential in its words", async () => {
  const redis = await TestRedis.start();
  const options = { ...redis.options, username: "gw", password: "hush-hush", database: 3 };
  const connection = await connectRedis(options, "127.0.0.1", ignore);
  assert.deepEqual(redis.commands, [
    ["AUTH", "gw", "hush-hush"],
    ["SELECT", "3"],
  ]);
  connection.destroy();

  redis.answer = () => "-WRONGPASS invalid username-password pair\r\n";
  await assert.rejects(connectRedis(options, "127.0.0.1", ignore), (error: Error) => {
    assert.match(error.message, /WRONGPASS/);
    assert.doesNotMatch(error.stack ?? "", /hush-hush/);
    return true;
  });
});

test("an answer that is an error is a refusal, and the connection goes on", async () => {
  const redis = await TestRedis.start();
  redis.answer = ([name]) => (name === "GET" ? "-WRONGTYPE not a text\r\n" : ":7\r\n");
  const connection = await connectRedis(redis.options, "127.0.0.1", ignore);
  await assert.rejects(
    connection.send(["GET", "list"]),
    (error) => error instanceof RedisFailed && error.reason === "refused",
  );
  assert.equal(await connection.send(["INCR", "n"]), 7);
  connection.destroy();
});

test("a connection that ends by itself says so once, and rejects what is under way", async () => {
  const redis = await TestRedis.start();
  redis.answer = () => undefined;
  let ended = 0;
  const connection = await connectRedis(redis.options, "127.0.0.1", () => void ended++);
  const command = connection.send(["GET", "a"]);
  redis.drop();
  await assert.rejects(command);
  assert.equal(ended, 1);
});

test("gives up on a server that accepts and says nothing", async () => {
  const redis = await TestRedis.start();
  redis.answer = () => undefined;
  const options = { ...redis.options, password: "p", timeoutMs: 30 };
  await assert.rejects(connectRedis(options, "127.0.0.1", ignore), /within 30 ms/);
});
