import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeRequestInit } from "@sluice/plugin-sdk/testing";

import { primaryKey, variantKey } from "./cache-key.ts";
import type { Config } from "./caching.testing.ts";
import { KeptCopies } from "./kept-copies.ts";
import proxyCache from "./plugin.ts";
import { settingsOf } from "./settings.ts";

/** The key of a request, with the id of a credential when it shows one that the config does not have. */
function keyOf(
  init: FakeRequestInit,
  config: Partial<Config> = {},
  credentialId?: string,
  entryId = "entry",
): string {
  const { request } = new FakeGateway().begin(init);
  const client = { statedOrigin: init.statedOrigin };
  const consumers = { current: undefined, credentialId };
  const filled = fillDefaults(proxyCache.manifest.config, { strategy: "memory", ...config });
  // Its defaults are filled in.
  const settings = settingsOf(
    filled as Parameters<typeof settingsOf>[0],
    entryId,
    new KeptCopies(),
  );
  return primaryKey(
    { request, consumers, client },
    settings,
    settings.rolesOf(request.headerNames()),
  );
}

test("K3 no part of a request passes for another one", () => {
  const vary = { vary_headers: ["x-a", "X-B"] };
  const keys = [
    keyOf({ path: "/a", query: "b" }),
    keyOf({ path: "/a?b" }),
    keyOf({ path: "/a" }),
    keyOf({ path: "/A" }),
    keyOf({ path: "/a", scheme: "https" }),
    keyOf({ path: "/a", statedOrigin: '["https",null,null,null,null]' }),
    keyOf({ path: "/a", statedOrigin: '["https","evil.test",null,null,null]' }),
    keyOf({ path: "/a", host: "http" }),
    keyOf({ path: "/a", headers: { host: "gateway.test" } }),
    keyOf({ path: "/a" }, {}, "credential"),
    keyOf({ path: "/a" }, {}, '"credential"'),
    keyOf({ path: "/a" }, {}, "a\nhost\0b"),
    keyOf({ path: "/a", headers: { host: "b" } }, {}, "a"),
    keyOf({ path: "/a", headers: { authorization: "credential" } }),
    keyOf({ path: "/a", headers: { authorization: "credential" } }, {}, "credential"),
    keyOf({ path: "/a" }, {}, undefined, "other"),
    keyOf({ path: "/a", headers: { "x-a": "1", "x-b": "2" } }, vary),
    keyOf({ path: "/a", headers: { "x-a": "1,2" } }, vary),
    keyOf(
      {
        path: "/a",
        headers: [
          ["x-a", "1"],
          ["x-a", "2"],
        ],
      },
      vary,
    ),
    keyOf({ path: "/a", headers: { "x-a": "" } }, vary),
    keyOf({ path: "/a", headers: { "x-b": "1,2" } }, vary),
    keyOf({ path: "/a", query: "a=1" }, { vary_query_params: ["a"] }),
    keyOf({ path: "/a", query: "a=1&a=2" }, { vary_query_params: ["a"] }),
    keyOf({ path: "/a", query: "a=1,2" }, { vary_query_params: ["a"] }),
    keyOf({ path: "/a", query: "b=1" }, { vary_query_params: ["b"] }),
    keyOf({ path: "/a", query: 'a=1"%5D%0A' }, { vary_query_params: ["a"] }),
    keyOf({ path: "/a", query: '[["1"]]' }),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

test("K1 who asks is part of the key, also right after a request of nobody for the same", () => {
  const nobody = keyOf({ path: "/a" });
  for (const headers of [
    { authorization: "Basic YQ==" },
    { "x-consumer-groups": "team" },
    { "x-authenticated-groups": "team" },
    { "x-credential-identifier": "a" },
    { "x-anonymous-consumer": "true" },
  ]) {
    assert.notEqual(keyOf({ path: "/a", headers }), nobody, JSON.stringify(headers));
  }
  assert.equal(keyOf({ path: "/a" }), nobody);
});

test("the order of headers and query arguments, and the case of a path where that is wanted, say nothing", () => {
  const vary = { vary_headers: ["x-a"], vary_query_params: ["b", "a"], ignore_uri_case: true };
  assert.equal(
    keyOf({ path: "/A", query: "b=2&c=3&a=1", headers: { "x-a": "1", host: "a" } }, vary),
    keyOf({ path: "/a", query: "a=1&b=2", headers: { host: "a", "x-a": "1" } }, vary),
  );
});

test("K3 what Vary names is no other header, nor none", () => {
  const { request } = new FakeGateway().begin({ headers: { a: "1", c: "" } });
  const keys = [["a"], ["b"], ["c"], ["d"], ["a", "b"], ["a:1"]].map((names) =>
    variantKey("primary", names, request),
  );
  assert.equal(new Set(keys).size, keys.length);
});
