// Quotas and placeholders of the fake gateway.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ConfigError, definePlugin, openQuota, placeholders, s } from "../index.ts";
import type { Quota, RequestContext } from "../index.ts";
import { FakeGateway } from "./index.ts";
import type { ConfiguredPlugin } from "./index.ts";

const NOON = Date.UTC(2026, 4, 31, 12);

/** A plugin with a quota of two requests each minute and five each hour. */
function limited(
  gateway: FakeGateway,
  onRequest: (ctx: RequestContext, quota: Quota) => void,
  onResponse?: (ctx: Pick<RequestContext, "response">, quota: Quota) => void,
): ConfiguredPlugin {
  const plugin = definePlugin({
    name: "limited",
    version: "1.0.0",
    priority: 1,
    config: s.object({}),
    configure: () => openQuota({ minute: 2, hour: 5 }),
    onRequest,
    ...(onResponse && { onResponse }),
  });
  return gateway.configure(plugin, {});
}

test("a quota is used up for one client, until time passes", async () => {
  const gateway = new FakeGateway({ nowMs: NOON });
  const took: boolean[] = [];
  const plugin = limited(gateway, (ctx, quota) => {
    took.push(ctx.take(quota, ctx.client.address));
  });
  for (let at = 0; at < 3; at++) await gateway.handle(plugin);
  assert.deepEqual(took.splice(0), [true, true, false]);
  await gateway.handle(plugin, { clientAddress: "192.0.2.2" });
  assert.deepEqual(took.splice(0), [true]);
  gateway.nowMs += 60_000;
  await gateway.handle(plugin);
  assert.deepEqual(took, [true]);
});

test("each gateway and each quota counts for itself", () => {
  const quota = openQuota({ year: 1 });
  const other = openQuota({ year: 1 }, { name: "other" });
  for (const gateway of [new FakeGateway(), new FakeGateway()]) {
    const ctx = gateway.begin().requestContext("entry-id");
    assert.deepEqual(
      [ctx.take(quota, "me"), ctx.take(quota, "me"), ctx.take(other, "me")],
      [true, false, true],
    );
  }
});

test("windows are told to the client, in both directions", async () => {
  const gateway = new FakeGateway({ nowMs: NOON + 50_500 });
  const plugin = limited(gateway, (ctx, quota) => {
    ctx.take(quota, "me", 2);
    const { minute, hour } = quota.windows;
    ctx.response.fillHeader("X-Left", `${minute?.remaining} of ${minute?.limit}`);
    ctx.response.fillHeaderBlock(`X-Hour\0${hour?.remaining}\0X-Reset\0${hour?.reset}\0`, 2);
    ctx.request.fillHeader("X-Tightest", `${quota.tightest.limit};${quota.tightest.reset}`);
  });
  const { request, response } = await gateway.handle(plugin);
  assert.deepEqual(
    ["x-left", "x-hour", "x-reset"].map((name) => response.header(name)),
    ["0 of 2", "3", String(3600 - 50)],
  );
  assert.equal(request.header("x-tightest"), "2;10");
});

test("what another request took since is told to neither", async () => {
  const gateway = new FakeGateway();
  const quota = openQuota({ minute: 9 });
  const one = gateway.begin();
  const other = gateway.begin();
  one.requestContext("entry-id").take(quota, "me");
  other.requestContext("entry-id").take(quota, "me");
  assert.throws(() => one.response.fillHeader("X-Left", quota.tightest.remaining), /took nothing/);
  other.response.fillHeader("X-Left", quota.tightest.remaining);
  assert.equal(other.response.header("x-left"), "7");
});

test("what onRequest took is not there in onResponse", async () => {
  const gateway = new FakeGateway();
  const plugin = limited(
    gateway,
    (ctx, quota) => void ctx.take(quota, "me"),
    (ctx, quota) => ctx.response.fillHeader("X-Left", quota.tightest.remaining),
  );
  await assert.rejects(gateway.handle(plugin), /took nothing/);
});

test("uuid and serial are one request's, in all of its fields", () => {
  const gateway = new FakeGateway();
  const values = [gateway.begin(), gateway.begin()].map(({ request, response }) => {
    request.fillHeader("X-Id", `${placeholders.uuid}#${placeholders.serial}`);
    response.fillHeader("X-Id", `${placeholders.uuid}#${placeholders.serial}`);
    assert.equal(request.header("x-id"), response.header("x-id"));
    return request.header("x-id") ?? "";
  });
  const [first, second] = values.map((value) => value.split("#"));
  assert.match(
    first?.[0] ?? "",
    /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  );
  assert.notEqual(first?.[0], second?.[0]);
  assert.deepEqual([first?.[1], second?.[1]], ["1", "2"]);
});

test("refuses what the gateway refuses, and then sets nothing", () => {
  const { request } = new FakeGateway().begin();
  const { uuid } = placeholders;
  const quota = openQuota({ day: 1 });
  const ctx = new FakeGateway().begin().requestContext("entry-id");
  assert.throws(
    () => request.fillHeaderBlock(`X-A\0${uuid}\0X-B\0\u0001nobody\u0001\0`, 2),
    /nobody/,
  );
  assert.throws(() => request.fillHeaderBlock(`X-A\0${uuid}\0X-B\0a\u0001\0`, 2), TypeError);
  assert.throws(() => request.fillHeaderBlock(`X-A\0${uuid}\0X-B\0a\r\nb\0`, 2), /CR, LF/);
  assert.throws(() => request.fillHeaderBlock(`X-A\0${uuid}\0`, 2), TypeError);
  assert.throws(() => request.setHeader("X-A", uuid), /fillHeader/);
  assert.throws(() => request.fillHeader("X-Consumer-ID", uuid), /belongs to the gateway/);
  assert.deepEqual(request.headerNames(), []);
  for (const cost of [0, -1, 1.5, Number.NaN, 1e9 + 1]) {
    assert.throws(() => ctx.take(quota, "me", cost), RangeError);
  }
  assert.throws(() => ctx.take({ ...quota, id: 1e9 }, "me"), /no quota/);
  assert.equal(ctx.take(quota, "me"), true);
  assert.throws(() => openQuota({}), ConfigError);
  assert.throws(() => openQuota({ minute: 0 }), ConfigError);
});
