import assert from "node:assert/strict";
import { test } from "node:test";

import { RedisError } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";

import { caching, JSON_TYPE, settle, statusOf } from "./caching.testing.ts";
import type { Config } from "./caching.testing.ts";
import proxyCache from "./plugin.ts";

test("states Kong's name, priority and defaults", () => {
  const { manifest } = proxyCache;
  assert.deepEqual([manifest.name, manifest.priority], ["proxy-cache", 100]);
  assert.deepEqual(fillDefaults(manifest.config, { strategy: "memory" }), {
    response_code: [200, 301, 404],
    request_method: ["GET", "HEAD"],
    content_type: ["text/plain", "application/json"],
    cache_ttl: 300,
    strategy: "memory",
    cache_control: false,
    ignore_uri_case: false,
    response_headers: { age: true, "X-Cache-Status": true, "X-Cache-Key": true },
    stale_while_revalidate: 0,
    stale_if_error: 0,
    max_body_bytes: 1_048_576,
    lock_timeout: 5,
  });
});

test("a response is kept, served with its headers and age, and renewed when it is old", async () => {
  const gateway = await caching({ cache_ttl: 10 }, (_, count) => ({
    headers: { ...JSON_TYPE, "x-own": "yes", "ratelimit-limit": "5" },
    body: `{"n":${count}}`,
  }));
  const first = await gateway.request({ path: "/a" });
  assert.equal(first.header("x-cache-status"), "Miss");
  await gateway.advance(4000);
  const hit = await gateway.request({ path: "/a" });
  assert.equal(hit.header("x-cache-status"), "Hit");
  assert.equal(hit.header("age"), "4");
  assert.equal(hit.header("x-own"), "yes");
  assert.equal(hit.header("content-type"), "application/json");
  assert.equal(hit.header("ratelimit-limit"), undefined);
  assert.equal(hit.text(), '{"n":1}');
  assert.match(hit.header("x-cache-key") ?? "", /^[0-9a-f]{64}$/);
  await gateway.advance(6000);
  const renewed = await gateway.request({ path: "/a" });
  assert.equal(renewed.header("x-cache-status"), "Refresh");
  assert.equal(renewed.text(), '{"n":2}');
  assert.equal((await gateway.request({ path: "/a" })).text(), '{"n":2}');
});

test("only what the config names is kept", async () => {
  const gateway = await caching({}, (request) => ({
    status: request.path === "/error" ? 500 : 200,
    headers: {
      "content-type": request.path === "/html" ? "text/html" : "text/plain; charset=utf-8",
    },
    body: "x",
  }));
  for (const path of ["/error", "/html"]) {
    assert.equal(await statusOf(gateway, path), "Bypass");
    assert.equal(await statusOf(gateway, path), "Bypass");
  }
  assert.equal(await statusOf(gateway, "/plain"), "Miss");
  assert.equal(await statusOf(gateway, "/plain"), "Hit");
  assert.equal(
    (await gateway.request({ method: "POST", path: "/plain" })).header("x-cache-status"),
    "Bypass",
  );
});

test("K1 what is one client's own is never shared", async () => {
  const own: Record<string, Record<string, string>> = {
    "/cookie": { "set-cookie": "session=1" },
    "/private": { "cache-control": "private, max-age=60" },
    "/no-store": { "cache-control": "no-store" },
    "/vary": { vary: "Accept, *" },
  };
  const gateway = await caching({}, ({ path }) => ({
    headers: { ...JSON_TYPE, ...own[path] },
    body: "{}",
  }));
  for (const path of Object.keys(own)) {
    assert.equal(await statusOf(gateway, path), "Bypass", path);
    assert.equal(await statusOf(gateway, path), "Bypass", path);
  }
});

test("K1 credentials are part of the key", async () => {
  const gateway = await caching({}, (request) => ({
    headers: JSON_TYPE,
    body: JSON.stringify(request.header("authorization") ?? "nobody"),
  }));
  for (const authorization of ["Basic YQ==", "Basic Yg=="]) {
    await gateway.request({ headers: { authorization } });
    const hit = await gateway.request({ headers: { authorization } });
    assert.equal(hit.header("x-cache-status"), "Hit");
    assert.equal(hit.json(), authorization);
  }
  assert.equal((await gateway.request()).json(), "nobody");
});

test("K2 headers that are not in the key do not go on, and a GET with a body is not answered", async () => {
  const gateway = await caching();
  await gateway.request({
    headers: { "X-Original-URL": "/admin", "X-HTTP-Method-Override": "PUT" },
  });
  const [sent] = gateway.upstream.requests;
  assert.equal(sent?.header("x-original-url"), undefined);
  assert.equal(sent?.header("x-http-method-override"), undefined);
  const fat = await gateway.request({ body: "x", headers: { "content-length": "1" } });
  assert.equal(fat.header("x-cache-status"), "Bypass");
});

test("K3 nothing but the same request has the same key; a part is never the whole", async () => {
  const gateway = await caching({ vary_headers: ["X-A", "X-B"] }, (request, count) => ({
    status: request.header("range") === undefined ? 200 : 206,
    headers: JSON_TYPE,
    body: `{"n":${count}}`,
  }));
  const keys = new Set<string | undefined>();
  const requests: { path: string; headers?: Record<string, string> }[] = [
    { path: "/a?b=c" },
    { path: "/a", headers: { "x-a": "b=c" } },
    { path: "/a", headers: { "x-b": "b=c" } },
    { path: "/a", headers: { "x-a": "1,2" } },
    { path: "/a", headers: { "x-a": "1", "x-b": "2" } },
    { path: "/a", headers: { host: "other.test" } },
    { path: "/A" },
  ];
  for (const request of requests) keys.add((await gateway.request(request)).header("x-cache-key"));
  assert.equal(keys.size, requests.length);
  assert.equal(await statusOf(gateway, "/part", { range: "bytes=0-1" }), "Bypass");
  assert.equal(await statusOf(gateway, "/part"), "Miss");
});

test("K3 a HEAD is answered from a GET, and leaves nothing for one", async () => {
  const gateway = await caching();
  const head = await gateway.request({ method: "HEAD", path: "/a" });
  assert.equal(head.header("x-cache-status"), "Miss");
  assert.equal(await statusOf(gateway, "/a"), "Miss");
  assert.equal(
    (await gateway.request({ method: "HEAD", path: "/a" })).header("x-cache-status"),
    "Hit",
  );
});

test("K4 of many requests for a key one asks the upstream, and the others get what it brings", async () => {
  const held: (() => void)[] = [];
  const gateway = await caching({}, async (_, count) => {
    await new Promise<void>((resolve) => held.push(resolve));
    return { headers: JSON_TYPE, body: `{"n":${count}}` };
  });
  const requests = Array.from({ length: 50 }, () => gateway.request({ path: "/a" }));
  await settle();
  assert.equal(gateway.upstream.requests.length, 1);
  held.shift()?.();
  await settle();
  await gateway.advance(20);
  const answers = await Promise.all(requests);
  assert.ok(answers.every((answer) => answer.text() === '{"n":1}'));
  assert.equal(answers.filter((answer) => answer.header("x-cache-status") === "Hit").length, 49);
});

test("K4 of many requests for an old response one renews it, and the others get what it brings", async () => {
  const held: (() => void)[] = [];
  const gateway = await caching({ cache_ttl: 1 }, async (_, count) => {
    if (count > 1) await new Promise<void>((resolve) => held.push(resolve));
    return { headers: JSON_TYPE, body: `{"n":${count}}` };
  });
  await gateway.request({ path: "/a" });
  await gateway.advance(1000);
  const requests = Array.from({ length: 50 }, () => gateway.request({ path: "/a" }));
  await settle();
  assert.equal(held.length, 1);
  held.shift()?.();
  await settle();
  await gateway.advance(20);
  const answers = await Promise.all(requests);
  assert.ok(answers.every((answer) => answer.text() === '{"n":2}'));
  assert.equal(gateway.upstream.requests.length, 2);
});

test("K4 nobody waits longer than lock_timeout, nor for what is not kept", async () => {
  const held: (() => void)[] = [];
  const gateway = await caching({ lock_timeout: 1 }, async () => {
    await new Promise<void>((resolve) => held.push(resolve));
    return { status: 500 };
  });
  const requests = [gateway.request(), gateway.request()];
  await settle();
  assert.equal(gateway.upstream.requests.length, 1);
  for (let at = 0; at < 60; at++) await gateway.advance(20);
  await settle();
  assert.equal(gateway.upstream.requests.length, 2);
  for (const resolve of held.splice(0)) resolve();
  await Promise.all(requests);
  // It is known for a while that there is nothing to wait for.
  const more = [gateway.request(), gateway.request()];
  await settle();
  assert.equal(gateway.upstream.requests.length, 4);
  for (const resolve of held.splice(0)) resolve();
  await Promise.all(more);
});

test("bodies of any length and bytes come back as they were, and too long ones pass", async () => {
  const bodies: Record<string, Uint8Array> = {
    "/empty": new Uint8Array(0),
    "/text": Buffer.from("😀ä€".repeat(30_000)),
    "/bytes": Uint8Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256),
  };
  const gateway = await caching({ max_body_bytes: 300_000 }, ({ path }) => ({
    headers: { "content-type": "text/plain" },
    body: bodies[path] ?? "x".repeat(300_001),
  }));
  for (const [path, body] of Object.entries(bodies)) {
    assert.equal(await statusOf(gateway, path), "Miss", path);
    const hit = await gateway.request({ path });
    assert.equal(hit.header("x-cache-status"), "Hit", path);
    assert.ok(Buffer.from(hit.bytes()).equals(body), path);
  }
  const long = await gateway.request({ path: "/long" });
  assert.equal(long.header("x-cache-status"), "Bypass");
  assert.equal(long.text().length, 300_001);
});

test("redis: entries and bodies are there; when it is not, requests go on", async () => {
  const data = new Map<string, string | Uint8Array>();
  let isThere = true;
  const redis = ([name, key = "", value = ""]: readonly (string | Uint8Array)[]) => {
    if (!isThere) throw new RedisError("unavailable", "gone");
    if (name === "SET") data.set(String(key), value);
    if (name !== "GET") return "OK";
    const found = data.get(String(key));
    return found === undefined ? null : Buffer.from(found);
  };
  const config = { strategy: "redis", redis: { host: "10.0.0.5" } } as const;
  const gateway = await caching(config, undefined, { redis });
  assert.equal(await statusOf(gateway, "/a"), "Miss");
  const hit = await gateway.request({ path: "/a" });
  assert.deepEqual([hit.header("x-cache-status"), hit.text()], ["Hit", '{"n":1}']);
  isThere = false;
  const passed = await gateway.request({ path: "/a" });
  assert.deepEqual([passed.status, passed.header("x-cache-status")], [200, "Bypass"]);
});

test("refuses a config that it cannot carry out", () => {
  const gateway = new FakeGateway();
  const faults: [Config, RegExp][] = [
    [{ strategy: "redis" }, /^redis.host: is required when strategy is redis$/],
    [{ strategy: "memory", max_body_bytes: 3_000_000 }, /^max_body_bytes: must be at most 2097152/],
    [{ strategy: "memory", response_code: [200, 206] }, /^response_code\[1\]: a part/],
  ];
  for (const [config, message] of faults) {
    assert.throws(() => gateway.configure(proxyCache, config), { name: "ConfigError", message });
  }
});
