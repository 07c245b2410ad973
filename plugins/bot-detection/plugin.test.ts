import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";

import botDetection from "./plugin.ts";

type Config = ConfigInput<typeof botDetection>;

async function passes(agent: string, config: Config = {}): Promise<boolean> {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(botDetection, config);
  const { isAnswered } = await gateway.handle(plugin, { headers: { "user-agent": agent } });
  return !isAnswered;
}

const CHROME =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

test("states Kong's name, priority and defaults", () => {
  const { manifest } = botDetection;
  assert.equal(manifest.name, "bot-detection");
  assert.equal(manifest.priority, 2500);
  assert.deepEqual(fillDefaults(manifest.config, {}), { allow: [], deny: [] });
});

test("knows bots by the way they name themselves", async () => {
  for (const agent of [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0)",
    "GPTBot",
    "Sogou web spider/4.0",
    "example-crawler/1.0",
    "facebookexternalhit/1.1",
    "Scrapy/2.11 (+https://scrapy.org)",
    "sqlmap/1.8",
    "HTTrack 3.0x",
  ]) {
    assert.equal(await passes(agent), false, agent);
  }
});

test("takes browsers, programs and odd telephones for none", async () => {
  for (const agent of [
    CHROME,
    "curl/8.5.0",
    "python-requests/2.32",
    "okhttp/4.12.0",
    "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36",
    "robotics-dashboard/1.0",
    "",
  ]) {
    assert.equal(await passes(agent), true, agent);
  }
});

test("deny and allow add to that, and allow wins", async () => {
  assert.equal(await passes("curl/8.5.0", { deny: ["^curl"] }), false);
  assert.equal(await passes("Googlebot/2.1", { allow: ["^Googlebot"] }), true);
  assert.equal(await passes("curl/8", { allow: ["curl"], deny: ["curl"] }), true);
});

test("answers with Kong's messages", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(botDetection, {});
  const bot = await gateway.handle(plugin, { headers: { "user-agent": "GPTBot" } });
  assert.equal(bot.response.status, 403);
  assert.match(bot.response.body ?? "", /"message":"Forbidden"/);
  const twice = await gateway.handle(plugin, {
    headers: [
      ["User-Agent", CHROME],
      ["User-Agent", CHROME],
    ],
  });
  assert.equal(twice.response.status, 400);
  assert.match(twice.response.body ?? "", /"message":"Only one User-Agent header allowed"/);
  assert.equal((await gateway.handle(plugin)).isAnswered, false);
});

test("remembers verdicts, whoever comes how often", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(botDetection, {});
  for (let count = 0; count < 1200; count++) {
    const agent = `${count % 2 === 0 ? "bot" : "browser"}/${count}`;
    const { isAnswered } = await gateway.handle(plugin, { headers: { "user-agent": agent } });
    assert.equal(isAnswered, count % 2 === 0);
  }
  const { verdicts } = plugin.settings as { verdicts: Map<string, boolean> };
  assert.ok(verdicts.size <= 1000);
});

test("P11: refuses a regex that could stall the gateway", () => {
  const gateway = new FakeGateway();
  assert.throws(() => gateway.configure(botDetection, { deny: ["(a+)+$"] }), {
    name: "ConfigError",
    message: /^deny\[0\]: .* a repetition inside of a repetition$/,
  });
});
