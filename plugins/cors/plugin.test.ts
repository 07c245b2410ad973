import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange } from "@sluice/plugin-sdk/testing";

import cors from "./plugin.ts";

type Config = ConfigInput<typeof cors>;
type Headers = Readonly<Record<string, string>>;

function handle(config: Config, headers: Headers, method: string = "GET"): Promise<FakeExchange> {
  const gateway = new FakeGateway();
  return gateway.handle(gateway.configure(cors, config), { method, headers });
}

function preflight(config: Config, headers: Headers = {}): Promise<FakeExchange> {
  const asked = { origin: "https://a.test", "access-control-request-method": "PUT" };
  return handle(config, { ...asked, ...headers }, "OPTIONS");
}

async function allowedOrigin(origins: readonly string[], origin: string): Promise<unknown> {
  const { response } = await handle({ origins }, { origin });
  return response.header("access-control-allow-origin");
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = cors;
  assert.equal(manifest.name, "cors");
  assert.equal(manifest.priority, 2000);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    origins: [],
    methods: ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"],
    headers: [],
    exposed_headers: [],
    credentials: false,
    private_network: false,
    preflight_continue: false,
    allow_origin_absent: true,
  });
});

test("without origins, all are allowed", async () => {
  const { response, isAnswered } = await handle({}, { origin: "https://a.test" });
  assert.equal(isAnswered, false);
  assert.deepEqual(response.toObject(), { "access-control-allow-origin": "*" });
});

test("one plain origin is said to everybody, with Vary", async () => {
  const { response } = await handle({ origins: ["https://a.test"] }, { origin: "https://b.test" });
  assert.deepEqual(response.toObject(), {
    vary: "Origin",
    "access-control-allow-origin": "https://a.test",
  });
});

test("of several origins, the one that asks is said", async () => {
  const origins = ["https://a.test", "http://b.test:8080"];
  assert.equal(await allowedOrigin(origins, "https://a.test"), "https://a.test");
  assert.equal(await allowedOrigin(origins, "https://a.test:443"), "https://a.test");
  assert.equal(await allowedOrigin(origins, "http://b.test:8080"), "http://b.test:8080");
  assert.equal(await allowedOrigin(origins, "http://b.test"), undefined);
  assert.equal(await allowedOrigin(origins, "http://a.test"), undefined);
  assert.equal(await allowedOrigin(origins, "null"), undefined);
  const { response } = await handle({ origins }, { origin: "https://evil.test" });
  assert.deepEqual(response.toObject(), { vary: "Origin" });
});

test("a regex without a colon is for hosts, one with a colon for origins; both for all of it", async () => {
  const host = ["(.*\\.)?a\\.test"];
  assert.equal(await allowedOrigin(host, "https://x.a.test"), "https://x.a.test");
  assert.equal(await allowedOrigin(host, "http://a.test:81"), "http://a.test:81");
  assert.equal(await allowedOrigin(host, "https://a.test.evil.test"), undefined);
  assert.equal(await allowedOrigin(host, "https://xa.test"), undefined);
  const whole = ["https://[a-z]+\\.test|https://b.test"];
  assert.equal(await allowedOrigin(whole, "https://abc.test"), "https://abc.test");
  assert.equal(await allowedOrigin(whole, "https://abc.test.evil.test"), undefined);
  assert.equal(await allowedOrigin(whole, "http://abc.test"), undefined);
  assert.equal(await allowedOrigin(["^https://a\\.test$"], "https://a.test"), "https://a.test");
});

test("an origin with a user in it is no origin of that host", async () => {
  assert.equal(await allowedOrigin(["a\\.test"], "https://evil.test@a.test"), undefined);
});

test("replaces and removes what the upstream says of origins", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(cors, { origins: ["https://a.test", "https://b.test"] });
  const exchange = gateway.begin({ headers: { origin: "https://evil.test" } });
  exchange.response.setHeader("Access-Control-Allow-Origin", "*");
  await exchange.onRequest(plugin);
  assert.equal(exchange.response.header("access-control-allow-origin"), undefined);
});

test("credentials: the origin stands in the place of *", async () => {
  const { response } = await handle({ credentials: true }, { origin: "https://a.test" });
  assert.deepEqual(response.toObject(), {
    vary: "Origin",
    "access-control-allow-origin": "https://a.test",
    "access-control-allow-credentials": "true",
  });
  const absent = await handle({ credentials: true }, {});
  assert.deepEqual(absent.response.toObject(), { "access-control-allow-origin": "*" });
});

test("credentials with a list are allowed to it alone", async () => {
  const config = { credentials: true, origins: ["https://a.test", "https://b.test"] };
  const good = await handle(config, { origin: "https://b.test" });
  assert.equal(good.response.header("access-control-allow-credentials"), "true");
  const evil = await handle(config, { origin: "https://evil.test" });
  assert.equal(evil.response.header("access-control-allow-origin"), undefined);
});

test("answers a preflight with what the config says", async () => {
  const { response, isAnswered } = await preflight({
    origins: ["https://a.test"],
    methods: ["GET", "PUT"],
    headers: ["x-one", "x-two"],
    max_age: 600,
    credentials: true,
    exposed_headers: ["x-seen"],
  });
  assert.equal(isAnswered, true);
  assert.equal(response.status, 200);
  assert.deepEqual(response.toObject(), {
    vary: "Origin",
    "access-control-allow-origin": "https://a.test",
    "access-control-allow-credentials": "true",
    "access-control-allow-headers": "x-one,x-two",
    "access-control-allow-methods": "GET,PUT",
    "access-control-max-age": "600",
  });
});

test("allows the headers that a preflight asks for, and all methods, by default", async () => {
  const { response } = await preflight({}, { "access-control-request-headers": "x-a, x-b" });
  assert.equal(response.header("access-control-allow-headers"), "x-a, x-b");
  assert.equal(
    response.header("access-control-allow-methods"),
    "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT",
  );
  assert.equal((await preflight({})).response.header("access-control-allow-headers"), undefined);
});

test("answers for private networks only when it is allowed and asked", async () => {
  const name = "access-control-allow-private-network";
  const asked = { "access-control-request-private-network": "true" };
  const config = { private_network: true };
  assert.equal((await preflight(config, asked)).response.header(name), "true");
  assert.equal((await preflight(config)).response.header(name), undefined);
  assert.equal((await preflight({}, asked)).response.header(name), undefined);
});

test("preflight_continue leaves a preflight and its answer alone", async () => {
  const { response, isAnswered } = await preflight({ preflight_continue: true });
  assert.equal(isAnswered, false);
  assert.deepEqual(response.toObject(), {});
});

test("an OPTIONS that is no preflight is a request like any other", async () => {
  const { isAnswered } = await handle({}, { origin: "https://a.test" }, "OPTIONS");
  assert.equal(isAnswered, false);
});

test("exposes headers", async () => {
  const { response } = await handle({ exposed_headers: ["x-a", "x-b"] }, { origin: "null" });
  assert.equal(response.header("access-control-expose-headers"), "x-a,x-b");
});

test("allow_origin_absent false leaves responses to requests without an origin alone", async () => {
  assert.deepEqual((await handle({ allow_origin_absent: false }, {})).response.toObject(), {});
  const { response } = await handle({}, {});
  assert.equal(response.header("access-control-allow-origin"), "*");
});

test("P11: refuses a regex that could stall the gateway, and what is none", () => {
  const gateway = new FakeGateway();
  for (const bad of ["(a+)+", "(("]) {
    assert.throws(() => gateway.configure(cors, { origins: ["https://a.test", bad] }), {
      name: "ConfigError",
      message: /^origins\[1\]: /,
    });
  }
});
