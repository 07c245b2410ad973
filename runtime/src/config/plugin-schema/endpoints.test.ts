import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { s } from "@sluice/plugin-sdk";
import { nodeOf } from "../document/node.ts";
import type { PlainValue } from "../document/node.ts";
import { SchemaChecker } from "./checker.ts";
import { endpointsOf } from "./endpoints.ts";

const schema = s.object({
  url: s.url().endpoint().optional(),
  other_url: s.url().optional(),
  defaulted: s.url().endpoint().default("http://default.test"),
  addresses: s.array(s.string().endpoint()).default([]),
  redis: s
    .object({ host: s.string().default("127.0.0.1"), port: s.port().default(6379) })
    .endpoint()
    .default({}),
  agent: s
    .object({ host: s.string().default("localhost"), port: s.port().default(8125) })
    .endpoint(true)
    .optional(),
  nodes: s.array(s.object({ ip: s.string(), port: s.port() }).endpoint()).default([]),
  named: s.record(s.union([s.literal("off"), s.url().endpoint()])).default({}),
}).jsonSchema;

function endpoints(config: PlainValue): readonly string[] {
  const node = nodeOf(config, 0);
  const checker = new SchemaChecker((path, _offset, message) => assert.fail(`${path}: ${message}`));
  const value = checker.check(node, schema, { path: "config", isSecret: false });
  return endpointsOf(schema, node, value ?? null);
}

describe("the endpoints of a plugin's config", () => {
  test("are also the host and port of an upstream", () => {
    const canary = s.object({ upstream_host: s.string(), upstream_port: s.port() }).endpoint();
    const config = { upstream_host: "next.test", upstream_port: 81 };
    assert.deepEqual(endpointsOf(canary.jsonSchema, nodeOf(config, 0), config), ["next.test:81"]);
  });

  test("are what the operator wrote into marked fields, with the scheme's port", () => {
    assert.deepEqual(endpoints({ url: "https://API.test/x", other_url: "http://b.test" }), [
      "api.test:443",
    ]);
    assert.deepEqual(endpoints({ url: "http://10.0.0.5:8080" }), ["10.0.0.5:8080"]);
    assert.deepEqual(endpoints({ defaulted: "http://[::1]/" }), ["[::1]:80"]);
  });

  test("are none where the schema filled the host in, unless it says that this counts", () => {
    assert.deepEqual(endpoints({}), []);
    assert.deepEqual(endpoints({ redis: { port: 7000 }, url: null }), []);
    assert.deepEqual(endpoints({ agent: {} }), ["localhost:8125"]);
  });

  test("take a port from the default", () => {
    assert.deepEqual(endpoints({ redis: { host: "cache" } }), ["cache:6379"]);
    assert.deepEqual(endpoints({ redis: { host: "::1" } }), ["[::1]:6379"]);
  });

  test("are found in lists, free keys and alternatives, each once", () => {
    assert.deepEqual(endpoints({ addresses: ["a.test:1", "http://b.test:2", "a.test:1"] }), [
      "a.test:1",
      "b.test:2",
    ]);
    assert.deepEqual(endpoints({ nodes: [{ ip: "10.0.0.1", port: 1 }] }), ["10.0.0.1:1"]);
    assert.deepEqual(endpoints({ named: { x: "off", y: "http://c.test" } }), ["c.test:80"]);
  });

  test("are never whole domains, nor all ports of a host", () => {
    assert.deepEqual(endpoints({ addresses: ["*.test:1", "a.test", "a.test:0", "x y:1"] }), []);
    assert.deepEqual(endpoints({ redis: { host: "*.corp.test" } }), []);
  });
});
