import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { emulate, FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import requestSizeLimiting from "./plugin.ts";

type Config = ConfigInput<typeof requestSizeLimiting>;

function handle(config: Config, request: FakeRequestInit): Promise<FakeExchange> {
  const gateway = new FakeGateway();
  return gateway.handle(gateway.configure(requestSizeLimiting, config), request);
}

function sized(length: number, more: Readonly<Record<string, string>> = {}): FakeRequestInit {
  return { headers: { "content-length": String(length), ...more }, body: "x" };
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = requestSizeLimiting;
  assert.equal(manifest.name, "request-size-limiting");
  assert.equal(manifest.priority, 951);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    allowed_payload_size: 128,
    size_unit: "megabytes",
    require_content_length: false,
  });
});

test("compares the stated length in Kong's units", async () => {
  for (const [unit, bytes] of [
    ["bytes", 1],
    ["kilobytes", 1024],
    ["megabytes", 1_048_576],
  ] as const) {
    const config = { allowed_payload_size: 2, size_unit: unit };
    assert.equal((await handle(config, sized(2 * bytes))).isAnswered, false, unit);
    const { response } = await handle(config, sized(2 * bytes + 1));
    assert.equal(response.status, 413, unit);
    assert.match(response.body ?? "", /"message":"Request size limit exceeded"/);
  }
});

test("answers 417 to who asks whether to send the body", async () => {
  const config = { allowed_payload_size: 1, size_unit: "bytes" } as const;
  const { response } = await handle(config, sized(2, { expect: " 100-Continue" }));
  assert.equal(response.status, 417);
  assert.match(response.body ?? "", /"message":"Request size limit exceeded"/);
});

test("refuses a body without a length only when told to", async () => {
  assert.equal((await handle({}, { body: "x" })).isAnswered, false);
  const { response } = await handle({ require_content_length: true }, { body: "x" });
  assert.equal(response.status, 411);
  assert.match(response.body ?? "", /"message":"A valid Content-Length header is required"/);
});

test("counts a body that comes in chunks, and forgets it", async () => {
  const gateway = await emulate({
    plugin: new URL("./plugin.ts", import.meta.url),
    config: { allowed_payload_size: 5, size_unit: "bytes" },
    chunkBytes: 2,
  });
  for (const [body, status] of [
    ["12345", 200],
    ["123456", 413],
    ["12345", 200],
  ] as const) {
    assert.equal((await gateway.request({ method: "POST", body })).status, status);
  }
  assert.equal(gateway.upstream.requests.length, 2);
});
