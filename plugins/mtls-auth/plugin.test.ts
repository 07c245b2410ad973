import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange } from "@sluice/plugin-sdk/testing";

import mtlsAuth from "./plugin.ts";

const CONSUMERS = [
  {
    id: "alice-id",
    username: "alice",
    credentials: [{ id: "c-1", collection: "mtls_auth_credentials", key: "spiffe://acme/a" }],
  },
  { id: "bob-id", username: "bob", customId: "b-1" },
];

function handle(
  config: ConfigInput<typeof mtlsAuth>,
  clientCertificate?: string,
  method = "GET",
): Promise<FakeExchange> {
  const gateway = new FakeGateway({ consumers: CONSUMERS });
  const told = clientCertificate === undefined ? {} : { clientCertificate };
  return gateway.handle(gateway.configure(mtlsAuth, config), { method, ...told });
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = mtlsAuth;
  assert.deepEqual([manifest.name, manifest.priority], ["mtls-auth", 1600]);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    run_on_preflight: true,
    consumer_by: ["username", "custom_id"],
    skip_consumer_lookup: false,
    authenticated_group_by: "CN",
  });
});

test("prefers what the config maps by hand to names of consumers", async () => {
  const exchange = await handle({}, 'URI=spiffe://acme/a;Subject="CN=bob"');
  assert.equal(exchange.consumers.current?.id, "alice-id");
  assert.equal(exchange.consumers.credentialId, "c-1");
});

test("looks consumers up by the fields that it is told", async () => {
  assert.equal((await handle({}, "URI=b-1")).consumers.current?.id, "bob-id");
  const byName = await handle({ consumer_by: ["username"] }, "URI=b-1");
  assert.equal(byName.response.status, 401);
});

test("lets preflight requests pass only when told to", async () => {
  assert.equal((await handle({}, undefined, "OPTIONS")).response.status, 401);
  assert.equal((await handle({ run_on_preflight: false }, undefined, "OPTIONS")).isAnswered, false);
});
