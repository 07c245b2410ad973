import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SECRET, configOf, faultsOf } from "./config.testing.ts";
import type { PluginConfig } from "./model.ts";

const HEADER = '_format_version: "3.0"\n';
const SHA256 = "0123456789abcdef".repeat(4);

/** Each part of the entry on a line of its own, from line 4 on. */
function entry(...lines: readonly string[]): string {
  const config = lines.some((line) => line.startsWith("config:")) ? [] : ["config: { minute: 1 }"];
  const all = [...lines, ...config].map((line) => `  ${line}\n`).join("");
  return `${HEADER}plugins:\n- name: rate-limiting\n${all}`;
}

function pluginOf(...lines: readonly string[]): PluginConfig {
  const [plugin] = configOf(entry(...lines)).plugins;
  assert.ok(plugin !== undefined);
  return plugin;
}

describe("a plugin entry", () => {
  test("is granted nothing, fails closed, shares its instance and has the gateway's limits by default", () => {
    const { grants, failStrategy, isolation, limits, ordering, wasm } = pluginOf();
    assert.deepEqual(grants, {
      fetch: [],
      privateAddresses: false,
      targets: [],
      store: [],
      secrets: [],
      consumers: false,
    });
    assert.deepEqual([failStrategy, isolation, wasm], ["fail_close", "shared", undefined]);
    assert.deepEqual(limits, { callMs: undefined, requestMs: undefined, memoryMb: undefined });
    assert.deepEqual(ordering, { before: [], after: [] });
  });

  test("reads what it is granted", () => {
    const { grants } = pluginOf(
      'grants: { fetch: ["API.example.com", "*.corp.test:8443", "10.0.0.5:80", "[::1]:9"], targets: ["Cache:6379"],',
      "  private_addresses: true, store: [shared.limits], secrets: [vault://env/jwt-key], consumers: true }",
    );
    assert.deepEqual(grants, {
      fetch: ["api.example.com", "*.corp.test:8443", "10.0.0.5:80", "[::1]:9"],
      privateAddresses: true,
      targets: ["cache:6379"],
      store: ["shared.limits"],
      secrets: ["vault://env/jwt-key"],
      consumers: true,
    });
  });

  test("reads its limits, isolation, fail strategy and order", () => {
    const plugin = pluginOf(
      "limits: { call_ms: 50, request_ms: 500, memory_mb: 32 }",
      "isolation: config",
      "fail_strategy: fail_reload",
      "ordering: { before: { access: [key-auth] }, after: ~ }",
    );
    assert.deepEqual(plugin.limits, { callMs: 50, requestMs: 500, memoryMb: 32 });
    assert.deepEqual([plugin.isolation, plugin.failStrategy], ["config", "fail_reload"]);
    assert.deepEqual(plugin.ordering, { before: ["key-auth"], after: [] });
  });

  const WRONG: readonly (readonly [line: string, fault: string])[] = [
    [
      "fail_strategy: open",
      '4:18: plugins[0].fail_strategy: expected fail_close, fail_open or fail_reload, got "open"',
    ],
    [
      "isolation: none",
      '4:14: plugins[0].isolation: expected shared, config or request, got "none"',
    ],
    [
      "limits: { call_ms: 0 }",
      "4:22: plugins[0].limits.call_ms: expected an integer from 1 to 60000, got 0",
    ],
    [
      "limits: { memory_mb: 4096 }",
      "4:24: plugins[0].limits.memory_mb: expected an integer from 1 to 1024, got 4096",
    ],
    [
      "limits: { calls_ms: 1 }",
      '4:13: plugins[0].limits.calls_ms: unknown key: did you mean "call_ms"?',
    ],
    [
      "grants: { fetch: [https://a.test/] }",
      '4:21: plugins[0].grants.fetch[0]: expected a host name, "*.suffix" or an address, each with or without a port, got "https://a.test/"',
    ],
    [
      'grants: { fetch: ["*"] }',
      '4:21: plugins[0].grants.fetch[0]: expected a host name, "*.suffix" or an address, each with or without a port, got "*"',
    ],
    [
      "grants: { targets: [cache] }",
      '4:23: plugins[0].grants.targets[0]: expected a host name or address and its port, got "cache"',
    ],
    [
      'grants: { store: ["a b"] }',
      '4:21: plugins[0].grants.store[0]: expected a name of letters, digits and . - _, got "a b"',
    ],
    [
      "grants: { secrets: [JWT_KEY] }",
      '4:23: plugins[0].grants.secrets[0]: expected a reference like "vault://env/name", got "JWT_KEY"',
    ],
    [
      "grants: { consumer: true }",
      '4:13: plugins[0].grants.consumer: unknown key: did you mean "consumers"?',
    ],
    [
      "ordering: { before: { log: [key-auth] } }",
      "4:25: plugins[0].ordering.before.log: unknown key",
    ],
    [
      "ordering: { before: { access: [key-oauth] } }",
      '4:34: plugins[0].ordering.before.access[0]: there is no plugin "key-oauth": did you mean "key-auth"?',
    ],
    [
      "ordering: { after: { access: [key-auth, rate-limiting] } }",
      "4:43: plugins[0].ordering.after.access[1]: expected another plugin than that of the entry itself",
    ],
    [
      `wasm: { url: "ftp://a/b.wasm", sha256: "${SHA256}" }`,
      '4:16: plugins[0].wasm.url: expected a url like "file:./name.wasm" or "https://host/name.wasm"',
    ],
    [
      `wasm: { url: "http://a.test/b.wasm", sha256: "${SHA256}" }`,
      "4:16: plugins[0].wasm.url: expected https: http is only for loopback addresses, such as 127.0.0.1",
    ],
    [
      `wasm: { url: "https://me:pass@a.test/b.wasm", sha256: "${SHA256}" }`,
      '4:16: plugins[0].wasm.url: expected a url like "file:./name.wasm" or "https://host/name.wasm", without a user',
    ],
    [
      'wasm: { url: "file:b.wasm", sha256: "abc" }',
      '4:39: plugins[0].wasm.sha256: expected the SHA-256 of the file: 64 hexadecimal digits, got "abc"',
    ],
    ['wasm: { url: "file:b.wasm" }', "4:9: plugins[0].wasm.sha256: missing: expected a string"],
    [
      `wasm: { url: "file:b.wasm", sha256: "${SHA256}", signature: "c2ln" }`,
      '4:118: plugins[0].wasm.signature: expected an Ed25519 signature: 64 bytes as base64, got "c2ln"',
    ],
  ];
  for (const [line, fault] of WRONG) {
    test(`is refused for ${line}`, () => {
      assert.deepEqual(faultsOf(entry(line)), [fault]);
    });
  }

  test("has no ordering when it is for a consumer", () => {
    const text = `${HEADER}consumers:
- username: bob
  plugins:
  - name: rate-limiting
    config: { minute: 1 }
    ordering: { before: { access: [key-auth] } }
`;
    assert.deepEqual(faultsOf(text), [
      "7:15: consumers[0].plugins[0].ordering: expected no ordering in an entry for a consumer: the order is there before the consumer is known",
    ]);
  });

  test("finds a module's file from the config file's folder", () => {
    const urls = ["file:./x.wasm", "file:sub/x.wasm", "file:///opt/x.wasm", "file:../my%20x.wasm"];
    assert.deepEqual(
      urls.map((url) => pluginOf(`wasm: { url: "${url}", sha256: ${SHA256.toUpperCase()} }`).wasm),
      [
        "file:///etc/sluice/x.wasm",
        "file:///etc/sluice/sub/x.wasm",
        "file:///opt/x.wasm",
        "file:///etc/my%20x.wasm",
      ].map((url) => ({ url, sha256: SHA256, signature: undefined })),
    );
  });

  test("takes a module from https, and from http on a loopback address", () => {
    for (const url of ["https://a.test/b.wasm?t=1", "http://127.0.0.1:99/b", "http://[::1]/b"]) {
      assert.equal(pluginOf(`wasm: { url: "${url}", sha256: ${SHA256} }`).wasm?.url, url);
    }
  });
});

describe("a route's plugin_order", () => {
  test("names plugins that the route has, at work or not", () => {
    const text = (order: string): string => `${HEADER}services:
- url: http://a.test
  plugins: [{ name: key-auth, enabled: false }]
  routes:
  - paths: [/]
    plugin_order: ${order}
  - name: other
    paths: [/o]
    plugins: [{ name: rate-limiting, config: { minute: 1 } }]
`;
    assert.deepEqual(faultsOf(text("[key-auth]")), []);
    assert.deepEqual(faultsOf(text("[key-auth, rate-limiting, key_auth]")), [
      '7:30: services[0].routes[0].plugin_order[1]: the route has no plugin "rate-limiting"',
      '7:45: services[0].routes[0].plugin_order[2]: the route has no plugin "key_auth": did you mean "key-auth"?',
    ]);
  });

  test("names each plugin once", () => {
    const text = (order: string): string =>
      `${HEADER}routes:\n- paths: [/]\n  plugin_order: ${order}\n  plugins: [{ name: key-auth }]\n`;
    assert.deepEqual(configOf(text("[key-auth]")).routes[0]?.pluginOrder, ["key-auth"]);
    assert.deepEqual(faultsOf(text("[key-auth, key-auth]")), [
      '4:28: routes[0].plugin_order[1]: expected each plugin once, got "key-auth"',
    ]);
  });
});

describe("a reference to a secret in a plugin's config", () => {
  test("becomes the secret for the plugin, and stays a reference for everybody else", () => {
    const plugin = configOf(`${HEADER}plugins:
- name: key-auth
  config: { realm: "{vault://env/jwt-key}", key_names: ["{vault://env/JWT_KEY}", plain] }
`).plugins[0];
    assert.deepEqual(plugin?.configWithSecrets, { realm: SECRET, key_names: [SECRET, "plain"] });
    assert.deepEqual(plugin?.config, {
      realm: "{vault://env/jwt-key}",
      key_names: ["{vault://env/JWT_KEY}", "plain"],
    });
  });

  test("is a fault when there is no such secret or no such vault", () => {
    const faults = (value: string): readonly string[] =>
      faultsOf(`${HEADER}plugins:\n- name: key-auth\n  config: { realm: "${value}" }\n`);
    assert.deepEqual(faults("{vault://env/other-key}"), [
      "4:20: plugins[0].config.realm: the environment variable OTHER_KEY is not set",
    ]);
    assert.deepEqual(faults("{vault://aws/jwt-key}"), [
      '4:20: plugins[0].config.realm: expected a reference like "{vault://env/name}"',
    ]);
  });

  test("shows nothing of the secret when it is not what the plugin takes", () => {
    assert.deepEqual(faultsOf(entry('config: { minute: "{vault://env/jwt-key}" }')), [
      "4:21: plugins[0].config.minute: expected an integer",
    ]);
  });
});
