// What an instance has read before never stands for what the store has by now.
import assert from "node:assert/strict";
import { test } from "node:test";

import type { EmulatedGateway } from "@sluice/plugin-sdk/testing";
import { FakeGateway } from "@sluice/plugin-sdk/testing";

import { caching, JSON_TYPE, statusOf } from "./caching.testing.ts";
import proxyCache from "./plugin.ts";

/** A path whose response was served from the cache, twice. */
async function known(gateway: EmulatedGateway, path: string): Promise<string> {
  await gateway.request({ path });
  await gateway.request({ path });
  const hit = await gateway.request({ path });
  assert.equal(hit.header("x-cache-status"), "Hit");
  return hit.header("x-cache-key") ?? "";
}

test("an entry that another worker replaced is served as it is now", async () => {
  const gateway = await caching();
  const other = await known(gateway, "/other");
  const key = await known(gateway, "/a");
  const { store } = gateway;
  const stored = JSON.parse(store.get(`entry:${other}`) ?? "");
  store.set(`entry:${key}`, JSON.stringify({ ...stored, status: 404, tag: "new", bytes: 3 }));
  store.set(`body:${key}:new:0`, "new");
  const hit = await gateway.request({ path: "/a" });
  assert.deepEqual([hit.status, hit.header("x-cache-status"), hit.text()], [404, "Hit", "new"]);
});

test("an entry that was purged is asked for again, and what comes is served", async () => {
  const gateway = await caching();
  const key = await known(gateway, "/a");
  await known(gateway, "/b");
  const mark = (marks: Record<string, string>): void => {
    for (const [name, value] of Object.entries(marks)) gateway.store.set(name, value);
  };
  mark({ [`purged:${key}`]: `${gateway.nowMs}`, purged: `0 ${gateway.nowMs}` });
  assert.deepEqual([await statusOf(gateway, "/a"), await statusOf(gateway, "/b")], ["Miss", "Hit"]);
  await gateway.advance(10);
  await gateway.request({ method: "DELETE", path: "/a" });
  assert.equal(await statusOf(gateway, "/a"), "Miss");
  assert.equal(await statusOf(gateway, "/a"), "Hit");
  mark({ purged: `${gateway.nowMs} ${gateway.nowMs}` });
  assert.deepEqual(
    [await statusOf(gateway, "/a"), await statusOf(gateway, "/b")],
    ["Miss", "Miss"],
  );
});

test("an entry that was pushed out is gone", async () => {
  const gateway = await caching();
  const key = await known(gateway, "/a");
  gateway.store.delete(`entry:${key}`);
  assert.equal(await statusOf(gateway, "/a"), "Miss");
});

test("each new instance serves what is stored, with the stored headers", async () => {
  const gateway = await caching({}, () => ({
    headers: [
      ["Content-Type", "application/json"],
      ["Link", "</a>"],
      ["X-Empty", ""],
      ["Link", "</b>"],
      ["Content-Language", "de"],
    ],
    body: "{}",
  }));
  await known(gateway, "/a");
  await gateway.restart();
  for (let turn = 0; turn < 2; turn++) {
    const hit = await gateway.request({ path: "/a" });
    assert.equal(hit.header("x-cache-status"), "Hit");
    assert.deepEqual(hit.headers("link"), ["</a>", "</b>"]);
    assert.deepEqual([hit.header("x-empty"), hit.header("content-language")], ["", "de"]);
    assert.deepEqual(hit.headers("content-type"), ["application/json"]);
  }
});

test("what the gateway would not take back is not stored: a header, or the whole response", async () => {
  const gateway = await caching({}, ({ path }) => ({
    headers: {
      ...JSON_TYPE,
      "x-consumer-id": "a",
      "x-own": path === "/a" ? "b" : "b".repeat(20_000),
    },
    body: "{}",
  }));
  await known(gateway, "/a");
  const hit = await gateway.request({ path: "/a" });
  assert.deepEqual([hit.header("x-own"), hit.header("x-consumer-id")], ["b", undefined]);
  await gateway.request({ path: "/long" });
  assert.equal(await statusOf(gateway, "/long"), "Bypass");
});

test("a stored header takes no other plugin's place, whatever came before", async () => {
  const gateway = new FakeGateway();
  const cache = gateway.configure(proxyCache, { strategy: "memory" });
  const own = ["", "x-own", ""];
  for (const [turn, name] of own.entries()) {
    const exchange = gateway.begin({ path: "/a" });
    await exchange.onRequest(cache);
    if (turn === 0) {
      exchange.response.setHeader("content-type", "text/plain");
      exchange.response.setHeader("x-own", "stored");
      exchange.response.setBody("a");
    }
    if (name !== "") exchange.response.setHeader(name, "now");
    await exchange.onResponse(cache);
    await exchange.onLog(cache);
    assert.equal(exchange.isAnswered, turn > 0);
    assert.equal(exchange.response.header("x-own"), name === "" ? "stored" : "now");
  }
});

test("K4 a request that ends without a response lets the next one fetch", async () => {
  const gateway = new FakeGateway();
  const cache = gateway.configure(proxyCache, { strategy: "memory" });
  const locks = (): string[] => gateway.store.keys().filter((key) => key.startsWith("lock:"));
  for (const path of ["/a", "/b"]) {
    const exchange = gateway.begin({ path });
    await exchange.onRequest(cache);
    assert.equal(locks().length, 1);
    await exchange.onLog(cache);
    assert.deepEqual(locks(), []);
  }
});
