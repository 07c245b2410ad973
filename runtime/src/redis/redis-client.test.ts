import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX_COMMANDS, RedisClient } from "./redis-client.ts";
import type { RedisClientOptions } from "./redis-client.ts";
import type { RedisConnection, RedisReply } from "./redis-connection.ts";
import { RedisFailed } from "./redis-failed.ts";

/** A server that is there or not, and answers or not. */
class Server {
  isThere = true;
  answers = true;
  attempts = 0;
  readonly changes: string[] = [];
  #end: (cause: Error) => void = () => undefined;
  #rejects: ((error: Error) => void)[] = [];

  client(options: Partial<RedisClientOptions> = {}): RedisClient {
    return new RedisClient({
      timeoutMs: 30,
      firstDelayMs: 10,
      random: () => 1,
      connect: async (onEnd) => {
        this.attempts++;
        if (!this.isThere) throw new Error("refused");
        this.#end = onEnd;
        return this.#connection();
      },
      onChange: (isUp, detail) => void this.changes.push(isUp ? "up" : `down: ${detail}`),
      ...options,
    });
  }

  end(): void {
    const rejects = this.#rejects;
    this.#rejects = [];
    this.#end(new Error("reset"));
    for (const reject of rejects) reject(new Error("reset"));
  }

  #connection(): RedisConnection {
    return {
      send: (command) =>
        this.answers
          ? Promise.resolve<RedisReply>(String(command[1]))
          : new Promise((_, reject) => this.#rejects.push(reject)),
      destroy: () => {
        const rejects = this.#rejects;
        this.#rejects = [];
        for (const reject of rejects) reject(new Error("destroyed"));
      },
    };
  }
}

async function outcome(reply: Promise<RedisReply>): Promise<string> {
  try {
    return String(await reply);
  } catch (error) {
    assert.ok(error instanceof RedisFailed);
    return `${error.reason}: ${error.message}`;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("commands that come before the connection share it", async () => {
  const server = new Server();
  const client = server.client();
  const calls = ["a", "b"].map((key) => client.call(["GET", key]));
  assert.deepEqual(await Promise.all(calls), ["a", "b"]);
  assert.equal(server.attempts, 1);
  client.close();
});

test("a server that does not answer costs one time-out: what comes after fails at once", async () => {
  const server = new Server();
  const client = server.client({ firstDelayMs: 60_000 });
  await client.call(["GET", "a"]);
  server.answers = false;
  const waiting = ["b", "c"].map((key) => outcome(client.call(["GET", key])));
  for (const each of await Promise.all(waiting)) assert.match(each, /unavailable: .*30 ms/);
  // Not one of these can wait for anything: neither a timer nor a connection.
  let failed = 0;
  for (let at = 0; at < 100; at++) void outcome(client.call(["GET", "d"])).then(() => failed++);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(failed, 100);
  assert.deepEqual(server.changes, ["down: there was no answer within 30 ms"]);
  client.close();
});

test("looks for a lost server by itself, once at a time, and goes on with it", async () => {
  const server = new Server();
  server.isThere = false;
  const client = server.client();
  assert.equal(await outcome(client.call(["GET", "a"])), "unavailable: refused");
  await until(() => server.attempts >= 3);
  assert.equal(await outcome(client.call(["GET", "a"])), "unavailable: refused");
  server.isThere = true;
  await until(() => client.isReady);
  assert.equal(await outcome(client.call(["GET", "a"])), "a");
  assert.deepEqual(server.changes, ["down: refused", "up"]);
  client.close();
});

test("a connection that ends while nothing is under way is opened again by the next command", async () => {
  const server = new Server();
  const client = server.client();
  await client.call(["GET", "a"]);
  server.end();
  assert.equal(await outcome(client.call(["GET", "b"])), "b");
  assert.deepEqual([server.attempts, server.changes], [2, []]);
  client.close();
});

test("what was under way when the connection ended fails, and is not sent again", async () => {
  const server = new Server();
  const client = server.client();
  await client.call(["GET", "a"]);
  server.answers = false;
  const lost = outcome(client.call(["INCR", "n"]));
  await Promise.resolve();
  server.end();
  assert.equal(await lost, "unavailable: reset");
  server.answers = true;
  await until(() => client.isReady);
  client.close();
});

test("refuses more commands than it can keep", async () => {
  const server = new Server();
  server.answers = false;
  const client = server.client({ timeoutMs: 60_000 });
  const calls = Array.from({ length: MAX_COMMANDS }, () => outcome(client.call(["GET", "a"])));
  assert.match(await outcome(client.call(["GET", "a"])), /^limit: /);
  client.close();
  await Promise.all(calls);
});

test("refuses commands that others on the connection would feel", async () => {
  const client = new Server().client();
  for (const name of ["SELECT", "multi", "Subscribe", "BLPOP", "", "GET\r\nAUTH"]) {
    assert.match(await outcome(client.call([name, "1"])), /^denied: /, name);
  }
  client.close();
});

test("closes a connection that nobody uses", async () => {
  const server = new Server();
  const client = server.client({ idleMs: 5 });
  await client.call(["GET", "a"]);
  await until(() => !client.isReady);
  assert.equal(await outcome(client.call(["GET", "b"])), "b");
  client.close();
});

test("closed, it fails whatever comes and looks for nothing", async () => {
  const server = new Server();
  const client = server.client();
  await client.call(["GET", "a"]);
  client.close();
  assert.match(await outcome(client.call(["GET", "a"])), /unavailable: the gateway ends/);
  assert.equal(server.attempts, 1);
});
