import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { emulate, FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";

import { parseDuration } from "./duration.ts";
import faultInjection from "./plugin.ts";

type Config = ConfigInput<typeof faultInjection>;

const plugin = new URL("./plugin.ts", import.meta.url);

test("states its name, priority and defaults", () => {
  const { manifest } = faultInjection;
  assert.equal(manifest.name, "fault-injection");
  assert.equal(manifest.priority, 5);
  assert.deepEqual(
    fillDefaults(manifest.config, { abort: { httpStatus: 500 }, delay: { value: "1s" } }),
    { abort: { httpStatus: 500, percentage: 100 }, delay: { value: "1s", percentage: 100 } },
  );
});

test("aborts a share of the requests", async () => {
  let random = 0;
  const config: Config = { abort: { httpStatus: 503, percentage: 10 } };
  const gateway = await emulate({ plugin, config, random: () => random });
  const response = await gateway.request();
  assert.equal(response.status, 503);
  assert.match(response.text(), /"message":"fault filter abort"/);
  random = 0.1;
  assert.equal((await gateway.request()).status, 200);
});

test("delays, then aborts", async () => {
  const config: Config = { abort: { httpStatus: 500 }, delay: { value: "1.5s" } };
  const gateway = await emulate({ plugin, config });
  let isOver = false;
  const asked = gateway.request().then((response) => {
    isOver = true;
    return response;
  });
  await gateway.advance(1499);
  assert.equal(isOver, false);
  await gateway.advance(1);
  assert.equal((await asked).status, 500);
});

test("a delayed request goes on to the upstream", async () => {
  const gateway = await emulate({ plugin, config: { delay: { value: "10ms" } } });
  const asked = gateway.request();
  await gateway.advance(10);
  assert.equal((await asked).status, 200);
  assert.equal(gateway.upstream.requests.length, 1);
});

test("reads times as Kuma writes them", () => {
  for (const [text, ms] of [
    ["50ms", 50],
    ["1.5s", 1500],
    ["1m30s", 90_000],
    ["1h", 3_600_000],
    ["", undefined],
    ["5", undefined],
    ["-1s", undefined],
    ["1 s", undefined],
    ["1d", undefined],
  ] as const) {
    assert.equal(parseDuration(text), ms, text);
  }
});

test("refuses a delay that is none, or too long", () => {
  const gateway = new FakeGateway();
  for (const value of ["soon", "61s", "2m"]) {
    assert.throws(() => gateway.configure(faultInjection, { delay: { value } }), {
      name: "ConfigError",
      message: `delay.value: "${value}", expected a time of at most 60s, such as 50ms or 1.5s`,
    });
  }
});
