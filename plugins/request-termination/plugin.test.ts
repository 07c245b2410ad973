import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import requestTermination from "./plugin.ts";

type Config = ConfigInput<typeof requestTermination>;

function handle(config: Config, request: FakeRequestInit = {}): Promise<FakeExchange> {
  const gateway = new FakeGateway();
  return gateway.handle(gateway.configure(requestTermination, config), request);
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = requestTermination;
  assert.equal(manifest.name, "request-termination");
  assert.equal(manifest.priority, 2);
  assert.deepEqual(fillDefaults(manifest.config, {}), { status_code: 503, echo: false });
});

test("answers 503 with Kong's message", async () => {
  const { response, isAnswered } = await handle({});
  assert.equal(isAnswered, true);
  assert.equal(response.status, 503);
  assert.equal(response.body, '{"message":"Service unavailable"}');
});

test("answers with what the config says", async () => {
  const message = await handle({ status_code: 403, message: "So long" });
  assert.equal(message.response.status, 403);
  assert.equal(message.response.body, '{"message":"So long"}');

  const page = await handle({ status_code: 200, content_type: "text/html", body: "<h1>Hi</h1>" });
  assert.equal(page.response.header("content-type"), "text/html");
  assert.equal(page.response.body, "<h1>Hi</h1>");

  const json = await handle({ body: "{}" });
  assert.equal(json.response.header("content-type"), "application/json; charset=utf-8");
});

test("sends no body with a status that Kong has no message for", async () => {
  assert.equal((await handle({ status_code: 418 })).response.body, undefined);
});

test("with a trigger, leaves requests without it alone", async () => {
  const config = { trigger: "x-stop" };
  assert.equal((await handle(config)).isAnswered, false);
  assert.equal((await handle(config, { headers: { "X-Stop": "" } })).isAnswered, true);
  assert.equal((await handle(config, { query: "x-stop=1" })).isAnswered, true);
});

test("echo shows the request", async () => {
  const { response } = await handle(
    { echo: true, status_code: 404 },
    {
      method: "POST",
      path: "/a",
      query: "x=1&x=2&y=3",
      headers: { "Content-Type": "application/json; charset=utf-8" },
      body: '{"a":[1]}',
    },
  );
  assert.equal(response.status, 404);
  assert.deepEqual(JSON.parse(response.body ?? ""), {
    message: "Not found",
    request: {
      scheme: "http",
      host: "gateway.test",
      port: 8000,
      headers: { "content-type": "application/json; charset=utf-8" },
      query: { x: ["1", "2"], y: "3" },
      body: { a: [1] },
      raw_body: '{"a":[1]}',
      method: "POST",
      path: "/a",
    },
    matched_route: { id: "route-id", name: "route-name" },
    matched_service: { id: "service-id", name: "service-name" },
  });
});

test("echo reads forms, and takes what it cannot read for no body", async () => {
  const type = "application/x-www-form-urlencoded";
  const form = await handle({ echo: true }, { headers: { "content-type": type }, body: "a=1&a=2" });
  assert.deepEqual(JSON.parse(form.response.body ?? "").request.body, { a: ["1", "2"] });
  const broken = await handle(
    { echo: true },
    { headers: { "content-type": "application/json" }, body: "{" },
  );
  const { body, raw_body } = JSON.parse(broken.response.body ?? "").request;
  assert.deepEqual([body, raw_body], [null, "{"]);
});

test("refuses Kong's contradictions", () => {
  const gateway = new FakeGateway();
  const faults: [Config, RegExp][] = [
    [{ message: "a", body: "b" }, /^message cannot be used with content_type or body$/],
    [{ content_type: "text/plain" }, /^content_type requires a body$/],
    [{ echo: true, body: "b" }, /^echo cannot be used with content_type and body$/],
  ];
  for (const [config, message] of faults) {
    assert.throws(() => gateway.configure(requestTermination, config), {
      name: "ConfigError",
      message,
    });
  }
});
