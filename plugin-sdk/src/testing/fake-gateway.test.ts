import assert from "node:assert/strict";
import { test } from "node:test";

import { definePlugin, s } from "../index.ts";
import { FakeGateway } from "./fake-gateway.ts";

const BASE = { version: "1.0.0", priority: 1, config: s.object({}) };

test("runs the phases in order, and those after an answer, too", async () => {
  const gateway = new FakeGateway();
  const seen: string[] = [];
  function plugin(name: string, status?: number) {
    return gateway.configure(
      definePlugin({
        ...BASE,
        name,
        onRequest(ctx) {
          seen.push(`${name} request`);
          if (status !== undefined) return ctx.respond(status, "No");
          return;
        },
        onResponse: (ctx) => void seen.push(`${name} response ${ctx.response.status}`),
        onLog: (ctx) => void seen.push(`${name} log ${ctx.response.status}`),
      }),
      {},
    );
  }
  const exchange = await gateway.handle([plugin("one", 403), plugin("two")]);
  assert.equal(exchange.isAnswered, true);
  assert.equal(exchange.response.body, "No");
  assert.equal(exchange.response.header("content-type"), "text/plain");
  assert.deepEqual(seen, [
    "one request",
    "one response 403",
    "two response 403",
    "one log 403",
    "two log 403",
  ]);
});

test("hands bodies to handlers, as a whole and as one chunk", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(
    definePlugin({
      ...BASE,
      name: "bodies",
      async onRequest(ctx) {
        ctx.request.setBody(`${await ctx.request.text()}!`);
        await assert.rejects(ctx.request.bytes({ maxBytes: 2 }), RangeError);
      },
      onRequestBody: (_, chunk, isLast) => `${chunk.length} ${isLast}`,
      onResponseBody: (_, chunk) => chunk.reverse(),
    }),
    {},
  );
  const passed = await gateway.handle(plugin, { body: "abc" });
  assert.equal(passed.request.body, "4 true");
  assert.equal(passed.response.body, undefined);

  const answers = gateway.configure(
    definePlugin({
      ...BASE,
      name: "answers",
      onRequest: (ctx) => ctx.respond(200, Uint8Array.of(97, 98)),
    }),
    {},
  );
  const answered = await gateway.handle([answers, plugin], { body: "abc" });
  assert.equal(answered.request.body, "abc");
  assert.equal(answered.response.body, "ba");
  assert.equal(answered.response.header("content-type"), "application/octet-stream");
});

test("waits for async handlers, which see the gateway's time throughout", async () => {
  const gateway = new FakeGateway({ nowMs: 5 });
  const times: number[] = [];
  const plugin = definePlugin({
    ...BASE,
    name: "clock",
    async onRequest() {
      times.push(Date.now());
      await Promise.resolve();
      times.push(Date.now());
    },
  });
  await gateway.handle(gateway.configure(plugin, {}));
  assert.deepEqual(times, [5, 5]);
  assert.notEqual(Date.now(), 5);
});

test("gives the clock back when a handler throws", async () => {
  const gateway = new FakeGateway({ nowMs: 5 });
  const onRequest = (): void => {
    throw new Error("oh");
  };
  const plugin = gateway.configure(definePlugin({ ...BASE, name: "broken", onRequest }), {});
  await assert.rejects(gateway.handle(plugin), /oh/);
  assert.notEqual(Date.now(), 5);
});

test("fills in defaults at any depth before configure sees the config", () => {
  const seen: unknown[] = [];
  const plugin = definePlugin({
    ...BASE,
    name: "defaults",
    config: s.object({
      list: s.array(s.object({ size: s.integer().default(1) })).default([{}]),
      inner: s.object({ names: s.array(s.string()).default(["a"]) }).default({}),
      port: s.integer().default(80),
      path: s.string().optional(),
    }),
    configure: (config) => void seen.push(config),
    onRequest() {},
  });
  new FakeGateway().configure(plugin, { port: 81 });
  assert.deepEqual(seen, [{ list: [{ size: 1 }], inner: { names: ["a"] }, port: 81 }]);
});

test("refuses headers that no gateway would send", async () => {
  const { request } = new FakeGateway().begin();
  assert.throws(() => request.setHeader("x-a", "1\r\nx-b: 2"), /CR, LF or NUL/);
  assert.throws(() => request.addHeader("x a", "1"), /is no header name/);
  assert.throws(() => request.setHeader("X-Consumer-ID", "me"), /belongs to the gateway/);
});

test("store values expire by the gateway's time, counted from their creation", () => {
  const gateway = new FakeGateway();
  gateway.store.set("kept", "1");
  assert.equal(gateway.store.increment("n", 2, 1000), 2);
  gateway.nowMs += 999;
  assert.equal(gateway.store.increment("n", 2, 1000), 4);
  assert.deepEqual(gateway.store.keys(), ["kept", "n"]);
  gateway.nowMs += 1;
  assert.equal(gateway.store.get("n"), undefined);
  assert.equal(gateway.store.increment("n", 1, 1000), 1);
  assert.equal(gateway.store.get("kept"), "1");
  gateway.store.set("word", "a");
  assert.throws(() => gateway.store.increment("word", 1), /holds no number/);
});
