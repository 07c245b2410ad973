import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput, RequestContext } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange } from "@sluice/plugin-sdk/testing";

import { setAuthenticatedGroups } from "../parts/authenticated-groups.ts";
import acl from "./plugin.ts";

type Config = ConfigInput<typeof acl>;

const ALICE = {
  id: "alice-id",
  username: "alice",
  groups: ["staff", "Mitarbeiter ü"],
  credentials: [{ id: "c-1", collection: "keyauth_credentials", key: "k" }],
};

async function handle(
  config: Config,
  before: (ctx: RequestContext) => void = () => {},
): Promise<FakeExchange> {
  const gateway = new FakeGateway({ consumers: [ALICE] });
  const exchange = gateway.begin();
  before(exchange.requestContext("earlier"));
  await exchange.onRequest(gateway.configure(acl, config));
  return exchange;
}

function byKey({ consumers }: RequestContext): void {
  const credential = consumers.findCredential("keyauth_credentials", "k");
  assert.ok(credential !== undefined && consumers.authenticate(credential));
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = acl;
  assert.deepEqual([manifest.name, manifest.priority], ["acl", 950]);
  assert.deepEqual(fillDefaults(manifest.config, { allow: ["a"] }), {
    allow: ["a"],
    hide_groups_header: false,
    always_use_authenticated_groups: false,
    include_consumer_groups: false,
  });
});

test("takes exactly one of allow and deny", () => {
  const gateway = new FakeGateway();
  for (const config of [{}, { allow: [] }, { allow: ["a"], deny: ["b"] }]) {
    assert.throws(() => gateway.configure(acl, config), { name: "ConfigError" });
  }
});

test("goes by the groups of the consumer", async () => {
  const passed = await handle({ allow: ["staff"] }, byKey);
  assert.equal(passed.request.header("x-consumer-groups"), "staff,%20Mitarbeiter%20%C3%BC");
  assert.equal((await handle({ deny: ["staff"] }, byKey)).response.status, 403);
  assert.equal((await handle({ allow: ["admins"] }, byKey)).response.status, 403);
  assert.equal((await handle({ deny: ["admins"] }, byKey)).isAnswered, false);
});

test("goes by the groups of a token when there is no consumer, or when told to", async () => {
  const byToken = (ctx: RequestContext): void => {
    ctx.consumers.authenticateBy("token");
    setAuthenticatedGroups(ctx, ["admins"]);
  };
  const passed = await handle({ allow: ["admins"] }, byToken);
  assert.equal(passed.request.header("x-authenticated-groups"), "admins");
  const both = (ctx: RequestContext): void => {
    byKey(ctx);
    setAuthenticatedGroups(ctx, ["admins"]);
  };
  assert.equal((await handle({ allow: ["admins"] }, both)).response.status, 403);
  const told = { allow: ["admins"], always_use_authenticated_groups: true };
  assert.equal((await handle(told, both)).isAnswered, false);
});

test("hides groups, whoever set the header", async () => {
  const config = { allow: ["admins"], hide_groups_header: true };
  const { request } = await handle(config, (ctx) => setAuthenticatedGroups(ctx, ["admins"]));
  assert.equal(request.header("x-authenticated-groups"), undefined);
});

test("is 403 for a client without groups, and 401 for nobody", async () => {
  const noGroups = await handle({ allow: ["a"] }, (ctx) => ctx.consumers.authenticateBy("token"));
  assert.equal(noGroups.response.status, 403);
  assert.match(noGroups.response.body ?? "", /"You cannot consume this service"/);
  assert.equal((await handle({ allow: ["a"] })).response.status, 401);
  assert.equal((await handle({ deny: ["a"] })).response.status, 401);
});
