import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";

import redirect from "./plugin.ts";

async function locationOf(location: string, keep: boolean, query: string = ""): Promise<string> {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(redirect, { location, keep_incoming_path: keep });
  const { response } = await gateway.handle(plugin, { path: "/orders/7", query });
  return response.header("location") ?? "";
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = redirect;
  assert.equal(manifest.name, "redirect");
  assert.equal(manifest.priority, 779);
  assert.deepEqual(fillDefaults(manifest.config, { location: "https://a.test" }), {
    status_code: 301,
    location: "https://a.test",
    keep_incoming_path: false,
  });
});

test("answers with status, location and Kong's body", async () => {
  const gateway = new FakeGateway();
  const config = { status_code: 307, location: "https://a.test/new?x=1" };
  const { response, isAnswered } = await gateway.handle(gateway.configure(redirect, config));
  assert.equal(isAnswered, true);
  assert.equal(response.status, 307);
  assert.equal(response.header("location"), "https://a.test/new?x=1");
  assert.equal(response.body, "redirecting");
});

test("leaves the location as it is unless the incoming path is kept", async () => {
  assert.equal(await locationOf("https://a.test/new?x=1", false, "y=2"), "https://a.test/new?x=1");
  assert.equal(
    await locationOf("https://a.test:8443/new?x=1", true, "y=2"),
    "https://a.test:8443/orders/7?y=2",
  );
  assert.equal(await locationOf("https://a.test?x", true), "https://a.test/orders/7");
  assert.equal(await locationOf("https://a.test", true), "https://a.test/orders/7");
});

test("takes only absolute locations of http and https that a header can hold", () => {
  const { properties } = redirect.manifest.config as {
    properties: { location: { pattern: string } };
  };
  const pattern = new RegExp(properties.location.pattern);
  for (const good of ["http://a", "https://a.test:1/b?c#d", "https://[::1]/"]) {
    assert.match(good, pattern);
  }
  for (const bad of ["/a", "ftp://a", "https://", "https://a/\r\nX: 1", "https://a/é", "a.test"]) {
    assert.doesNotMatch(bad, pattern);
  }
});
