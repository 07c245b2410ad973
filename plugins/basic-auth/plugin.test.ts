import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import { readBasic } from "./basic-header.ts";
import basicAuth from "./plugin.ts";

const digest = createHmac("sha256", "alice-id").update("pass:wörd").digest("base64");
const ALICE = {
  id: "alice-id",
  username: "alice",
  credentials: [
    {
      id: "c-1",
      collection: "basicauth_credentials",
      key: "al",
      identifier: "al",
      fields: { username: "al", password_digest: digest },
    },
  ],
};

function handle(
  config: ConfigInput<typeof basicAuth>,
  request: FakeRequestInit,
): Promise<FakeExchange> {
  const gateway = new FakeGateway({ consumers: [ALICE, { id: "guest-id", username: "guest" }] });
  return gateway.handle(gateway.configure(basicAuth, config), request);
}

const header = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const GOOD = { headers: { authorization: header("al:pass:wörd") } };

test("states Kong's name, priority and defaults", () => {
  const { manifest } = basicAuth;
  assert.deepEqual([manifest.name, manifest.priority], ["basic-auth", 1100]);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    hide_credentials: false,
    run_on_preflight: true,
    realm: "service",
  });
});

test("reads credentials as RFC 7617 writes them, and nothing else", () => {
  assert.deepEqual(readBasic(header("a:b:c")), { username: "a", password: "b:c" });
  assert.deepEqual(readBasic(header("ü:")), { username: "ü", password: "" });
  assert.deepEqual(readBasic(header("a:b").replace("Basic", "bAsIc")), {
    username: "a",
    password: "b",
  });
  for (const value of ["", "Basic", "Basic ", header(""), header("a"), header(":b"), "Basic a:b"]) {
    assert.equal(readBasic(value), undefined, value);
  }
});

test("authenticates by username and password, and says which credential it was", async () => {
  const { request, consumers } = await handle({}, GOOD);
  assert.equal(consumers.current?.id, "alice-id");
  assert.equal(consumers.credentialId, "c-1");
  assert.equal(request.header("x-credential-identifier"), "al");
  assert.equal(request.header("authorization"), GOOD.headers.authorization);
});

test("hides a wrong password, too, when the client goes on as anonymous", async () => {
  const { request, consumers } = await handle(
    { hide_credentials: true, anonymous: "guest" },
    { headers: { authorization: header("al:wrong") } },
  );
  assert.equal(consumers.current?.id, "guest-id");
  assert.equal(request.header("authorization"), undefined);
});

test("lets preflight requests pass only when told to", async () => {
  assert.equal((await handle({}, { method: "OPTIONS" })).response.status, 401);
  const passed = await handle({ run_on_preflight: false }, { method: "OPTIONS" });
  assert.equal(passed.isAnswered, false);
});
