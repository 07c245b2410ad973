// Who shares an instance, what a fault costs, and when an instance is replaced.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";

const used = useGateway(async ([port = 0]) => {
  const at = (path: string, fields: Entry, name = "lives"): Entry => ({
    name: path,
    url: `http://127.0.0.1:${port}`,
    routes: [{ paths: [`/${path}`] }],
    plugins: [{ name, config: { name: path }, ...fields }],
  });
  const services = [
    at("shared-a", {}),
    at("shared-b", {}),
    at("config-a", { isolation: "config" }),
    at("config-b", { isolation: "config" }),
    at("request", { isolation: "request" }),
    at("open", { isolation: "config", fail_strategy: "fail_open" }),
    at("reload", { isolation: "config", fail_strategy: "fail_reload" }),
    at("grows", { isolation: "config", limits: { call_ms: 5000 } }),
    at("small", { limits: { memory_mb: 4 } }, "small"),
    at("brief", { isolation: "config", limits: { call_ms: 5 } }),
  ];
  const lives = await buildGuest("lives");
  return { config: config({ services }), plugins: { lives, small: lives } };
});

async function calls(path: string, ...headers: string[]): Promise<number> {
  const response = await used.gateway.get(path, ...headers);
  assert.equal(response.status, 200, used.gateway.log);
  assert.equal(response.header("x-name"), path.slice(1));
  return Number(response.header("x-calls"));
}

async function ended(reason: string): Promise<number> {
  const { text } = await used.gateway.status("/metrics");
  const line = new RegExp(
    `^sluice_plugin_instance_ends_total\\{plugin="lives",reason="${reason}"\\} (\\d+)`,
    "m",
  );
  return Number(line.exec(text)?.[1]);
}

test("life: entries share an instance by default, each with its own config", async () => {
  const first = await calls("/shared-a");
  assert.ok((await calls("/shared-b")) > first);
});

test("W8 life: an entry with isolation config shares its instance with nobody", async () => {
  assert.equal(await calls("/config-a"), 1);
  assert.equal(await calls("/config-a"), 3);
  assert.equal(await calls("/config-b"), 1);
});

test("W8 life: with isolation request every request gets an instance that nobody had, for all its phases", async () => {
  for (let request = 0; request < 20; request++) {
    const response = await used.gateway.get("/request");
    assert.equal(response.header("x-calls"), "1");
    assert.equal(response.header("x-calls-at-response"), "2");
  }
  const many = await Promise.all(Array.from({ length: 50 }, () => calls("/request")));
  assert.deepEqual([...new Set(many)], [1]);
});

test("W8 life: the instances of single requests go when the requests are over", async () => {
  const before = await ended("request");
  await Promise.all(Array.from({ length: 30 }, () => calls("/request")));
  await eventually(
    async () => ((await ended("request")) >= before + 30 ? true : undefined),
    "ends",
  );
});

test("W3 life: with fail_open a request goes on without a policy that failed", async () => {
  for (const does of ["throw", "loop"]) {
    const response = await used.gateway.get("/open", `X-Do: ${does}`);
    assert.equal(response.status, 200);
    assert.equal(response.header("x-name"), undefined);
  }
  assert.ok((await calls("/open")) > 0);
});

test("W3 life: with fail_reload a request is tried once more on a fresh instance", async () => {
  const before = await ended("crash");
  await calls("/reload", "X-Do: loop-once", "X-Once: first");
  assert.equal(await ended("crash"), before + 1);
  // What throws has broken nothing, so that a second time would be no different.
  assert.equal((await used.gateway.get("/reload", "X-Do: throw")).status, 500);
});

test("W3 life: with fail_reload a policy that keeps breaking backs off, and then serves again", async () => {
  const mark = used.gateway.mark;
  assert.equal((await used.gateway.get("/reload", "X-Do: loop")).status, 500);
  await eventually(async () => {
    const { status } = await used.gateway.get("/reload");
    return status === 200 ? true : undefined;
  }, "the policy serves again");
  assert.doesNotMatch(used.gateway.log.slice(mark), /Unhandled|unhandled/);
});

test("W1 life: an entry's own limit stops a call", async () => {
  assert.equal((await used.gateway.get("/brief", "X-Do: loop")).status, 500);
  await used.gateway.logged(/used up its time/);
});

test("W2 life: a plugin's own limit on memory holds, and the plugin goes on", async () => {
  assert.equal((await used.gateway.get("/small", "X-Do: grow")).status, 500);
  await used.gateway.logged(/small, access: .*out of memory/);
  const { text } = await used.gateway.status("/metrics");
  const [, bytes] = /^sluice_plugin_memory_bytes\{plugin="small"\} (\d+)/m.exec(text) ?? [];
  assert.ok(Number(bytes) > 0 && Number(bytes) <= 2 * 4 * 1024 * 1024, `${bytes} bytes`);
});

test("W2 life: an instance that has grown is replaced, and no request notices", async () => {
  const before = await ended("memory");
  await calls("/grows", "X-Do: grow");
  for (let round = 0; round < 12; round++) {
    await Promise.all(Array.from({ length: 100 }, () => calls("/grows")));
  }
  await eventually(async () => ((await ended("memory")) > before ? true : undefined), "an end");
  // Two calls for each request: they would be more than 2400 in one instance.
  assert.ok((await calls("/grows")) < 2000);
});
