import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { emulate, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { EmulatedGateway } from "@sluice/plugin-sdk/testing";

import trafficMirror from "./plugin.ts";

type Config = ConfigInput<typeof trafficMirror>;

function gateway(
  config: Partial<Config>,
  random: () => number = () => 0,
): Promise<EmulatedGateway> {
  return emulate({
    plugin: new URL("./plugin.ts", import.meta.url),
    config: { host: "http://shadow.test:81", ...config },
    grants: { fetch: ["shadow.test:81"] },
    fetch: () => ({ status: 500, body: "no" }),
    random,
  });
}

test("states its name, priority and defaults", () => {
  const { manifest } = trafficMirror;
  assert.equal(manifest.name, "traffic-mirror");
  assert.equal(manifest.priority, 15);
  assert.deepEqual(fillDefaults(manifest.config, { host: "http://a" }), {
    host: "http://a",
    path_concat_mode: "replace",
    sample_ratio: 1,
    mirror_body: true,
    max_body_size: 65_536,
    timeout: 5000,
    max_in_flight: 50,
    forward_credentials: false,
    remove_headers: [],
  });
});

test("sends a copy, and the request as if there were none", async () => {
  const emulated = await gateway({ remove_headers: ["X-Secret"] });
  const response = await emulated.request({
    method: "POST",
    path: "/orders?a=1",
    headers: {
      "x-a": "1",
      authorization: "Bearer t",
      cookie: "c=1",
      "x-secret": "s",
      "content-length": "2",
    },
    body: "{}",
  });
  assert.equal(response.status, 200);
  const [copy] = emulated.fetches;
  assert.equal(copy?.method, "POST");
  assert.equal(copy?.url, "http://shadow.test:81/orders?a=1");
  assert.equal(copy?.text(), "{}");
  assert.equal(copy?.header("x-a"), "1");
  assert.equal(copy?.header("x-shadow"), "gateway.test-shadow");
  for (const name of ["authorization", "cookie", "x-secret"]) {
    assert.equal(copy?.header(name), undefined, name);
  }
  assert.equal(emulated.upstream.requests[0]?.header("authorization"), "Bearer t");
  assert.equal(emulated.metric("requests", { outcome: "answered" })?.value, 1);
});

test("puts the path in the place of the request's, or in front of it", async () => {
  for (const [config, url] of [
    [{ path: "/all" }, "http://shadow.test:81/all?a=1"],
    [{ path: "/all/", path_concat_mode: "prefix" }, "http://shadow.test:81/all/orders?a=1"],
  ] as const) {
    const emulated = await gateway(config);
    await emulated.request({ path: "/orders?a=1" });
    assert.equal(emulated.fetches[0]?.url, url);
  }
});

test("copies a share of the requests, and no copy again", async () => {
  let random = 0;
  const emulated = await gateway({ sample_ratio: 0.25 }, () => random);
  for (random of [0.1, 0.24, 0.25, 0.9]) await emulated.request();
  assert.equal(emulated.fetches.length, 2);
  random = 0;
  await emulated.request({ headers: { "X-Shadow": "other-shadow" } });
  assert.equal(emulated.fetches.length, 2);
});

test("copies no body that is too large, and none when it must not", async () => {
  const small = await gateway({ max_body_size: 3 });
  assert.equal((await small.request({ method: "POST", body: "1234" })).status, 200);
  const stated = { method: "POST", headers: { "content-length": "4" }, body: "1234" };
  assert.equal((await small.request(stated)).status, 200);
  assert.equal(small.fetches.length, 0);
  assert.equal(small.metric("requests", { outcome: "too_large" })?.value, 2);
  assert.equal(small.upstream.requests[0]?.text(), "1234");
  const bare = await gateway({ mirror_body: false });
  await bare.request(stated);
  assert.equal(bare.fetches[0]?.text(), "");
});

test("a server that cannot be reached touches nothing", async () => {
  const emulated = await emulate({
    plugin: new URL("./plugin.ts", import.meta.url),
    config: { host: "http://shadow.test:81" },
    grants: { fetch: ["shadow.test:81"] },
  });
  assert.equal((await emulated.request()).status, 200);
  assert.equal(emulated.metric("requests", { outcome: "unreachable" })?.value, 1);
});
