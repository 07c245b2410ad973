// Ids must survive a reload: counters and metrics hang on them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { configOf, named } from "./config.testing.ts";
import type { GatewayConfig } from "./model.ts";
import { isUuid } from "./stable-id.ts";

const HEADER = '_format_version: "3.0"\n';

function pluginId(config: GatewayConfig, place: string): string {
  const plugin = config.plugins.find((each) => each.source.path === place);
  assert.ok(plugin !== undefined);
  return plugin.id;
}

describe("ids", () => {
  test("are UUIDs, all different", () => {
    const config = configOf(`${HEADER}
services: [{name: x, host: h, routes: [{name: x, paths: [/]}, {paths: [/]}, {paths: [/]}]}, {host: h}]
upstreams: [{name: x, targets: [{target: a}, {target: b}]}]
consumers: [{username: x, keyauth_credentials: [{key: a}, {key: b}]}]
plugins: [{name: key-auth}, {name: key-auth, route: x}, {name: key-auth, service: x}, {name: key-auth, consumer: x}]
`);
    const ids = [
      ...[
        config.services,
        config.routes,
        config.upstreams,
        config.consumers,
        config.plugins,
      ].flat(),
      ...config.upstreams.flatMap((upstream) => upstream.targets),
      ...config.consumers.flatMap((consumer) => consumer.credentials),
    ].map((entity) => entity.id);
    assert.equal(ids.length, 15);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.every(isUuid));
  });

  test("are those that the config gives", () => {
    const id = "0b5c2e0e-7a0f-4c6e-9c1d-0123456789ab";
    const config = configOf(`${HEADER}plugins: [{name: key-auth, id: ${id}}]`);
    assert.equal(config.plugins[0]?.id, id);
  });

  test("of named entities and plugin entries do not depend on the order", () => {
    const service = "{name: s, host: h}";
    const before = configOf(
      `${HEADER}services: [${service}]\nplugins: [{name: key-auth, service: s}]`,
    );
    const after = configOf(`${HEADER}services: [{name: r, host: h}, ${service}]
plugins: [{name: rate-limiting, config: {minute: 1}}, {name: key-auth, service: s, config: {realm: x}}]`);
    assert.equal(named(after.services, "s").id, named(before.services, "s").id);
    assert.equal(pluginId(after, "plugins[1]"), pluginId(before, "plugins[0]"));
  });

  test("of plugin entries are the same nested and by reference", () => {
    const nested = configOf(`${HEADER}services: [{name: s, host: h, plugins: [{name: key-auth}]}]`);
    const referring = configOf(
      `${HEADER}services: [{name: s, host: h}]\nplugins: [{name: key-auth, service: s}]`,
    );
    assert.equal(pluginId(nested, "services[0].plugins[0]"), pluginId(referring, "plugins[0]"));
  });

  test("of credentials do not depend on the key", () => {
    const idOf = (key: string): string | undefined =>
      configOf(`${HEADER}consumers: [{username: b, keyauth_credentials: [{key: ${key}}]}]`)
        .consumers[0]?.credentials[0]?.id;
    assert.equal(idOf("one"), idOf("two"));
  });
});
