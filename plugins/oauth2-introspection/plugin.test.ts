import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, answerFetches, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { AnswerFetch } from "@sluice/plugin-sdk/testing";

import introspection from "./plugin.ts";

type Config = ConfigInput<typeof introspection>;

const BASE = { introspection_url: "http://as.test/introspect", authorization_value: "Basic x" };
const REQUEST = { headers: { authorization: "Bearer t" } };

async function withServer(answer: AnswerFetch, run: () => Promise<void>): Promise<void> {
  answerFetches(answer);
  try {
    await run();
  } finally {
    answerFetches();
  }
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = introspection;
  assert.deepEqual([manifest.name, manifest.priority], ["oauth2-introspection", 1700]);
  assert.deepEqual(fillDefaults(manifest.config, BASE), {
    ...BASE,
    ttl: 30,
    hide_credentials: false,
    timeout: 10_000,
    introspect_request: false,
    custom_introspection_headers: {},
    custom_claims_forward: [],
    consumer_by: "username",
    consumer_optional: true,
    scopes_required: [],
    groups_claim: [],
    run_on_preflight: true,
    realm: "service",
  });
});

test("refuses a config that does not say how the gateway names itself, or says it twice", () => {
  const gateway = new FakeGateway();
  const { introspection_url } = BASE;
  for (const config of [
    { introspection_url },
    { introspection_url, client_id: "a" },
    { ...BASE, client_id: "a", client_secret: "b" },
  ] satisfies Config[]) {
    assert.throws(() => gateway.configure(introspection, config), { name: "ConfigError" });
  }
});

test("asks again when the answer's time is over, and never believes longer than the token lives", async () => {
  const gateway = new FakeGateway({ nowMs: 1_000_000 });
  const plugin = gateway.configure(introspection, { ...BASE, ttl: 10 });
  let asked = 0;
  await withServer(
    () => ({ body: { active: true, exp: 1000 + 5 * ++asked } }),
    async () => {
      for (const [afterMs, questions] of [
        [0, 1],
        [4000, 1],
        [1000, 2],
        [4999, 2],
        [1, 3],
      ] as const) {
        gateway.nowMs += afterMs;
        await gateway.handle(plugin, REQUEST);
        assert.equal(asked, questions);
      }
    },
  );
});

test("takes groups for acl from the claim that it is told", async () => {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(introspection, { ...BASE, groups_claim: ["ext", "groups"] });
  await withServer(
    () => ({ body: { active: true, ext: { groups: ["a", "b"] } } }),
    async () => {
      const { request, shared, consumers } = await gateway.handle(plugin, REQUEST);
      assert.deepEqual(shared.get("authenticated_groups"), ["a", "b"]);
      assert.equal(request.header("x-authenticated-groups"), "a, b");
      assert.match(consumers.credentialId ?? "", /^token:[\w-]{43}$/);
      assert.equal(consumers.current, undefined);
    },
  );
});
