import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_ENCODED_CHARACTERS } from "../routing/path-policy.ts";
import { configOf, faultsOf, named } from "./config.testing.ts";

const HEADER = '_format_version: "3.0"\n';

const NESTED = `${HEADER}
services:
- name: orders
  url: http://Orders.internal:8080/v1
  routes:
  - name: orders-read
    paths: [/orders, '~/o/(?<id>\\d+)$']
    hosts: ["*.Example.com", "a.com:81"]
    methods: [GET]
    headers: { X-Group: [beta, "~*^b"] }
    plugins:
    - name: key-auth
  plugins:
  - name: rate-limiting
    consumer: bob
    config: { minute: 5 }
consumers:
- username: bob
  custom_id: "7"
  keyauth_credentials: [{ key: secret-1 }]
  plugins: [{ name: rate-limiting, config: { minute: 9 } }]
upstreams:
- name: Backend
  host_header: internal.example
  targets: [{ target: "10.0.0.1:9001", weight: 0 }, { target: other }, { target: "[::1]:99" }]
plugins:
- name: key-auth
  enabled: false
  instance_name: everywhere
  config: ~
`;

describe("parseConfig", () => {
  test("reads a service's url, with Kong's defaults for the rest", () => {
    const { id: _id, source, ...service } = named(configOf(NESTED).services, "orders");
    assert.deepEqual(service, {
      name: "orders",
      protocol: "http",
      host: "orders.internal",
      port: 8080,
      path: "/v1",
      app: undefined,
      retries: 5,
      connectTimeoutMs: 60_000,
      writeTimeoutMs: 60_000,
      readTimeoutMs: 60_000,
      tries: undefined,
      fallback: undefined,
      enabled: true,
      tags: [],
    });
    assert.deepEqual(source, { path: "services[0]", line: 4, column: 3 });
  });

  test("reads a service's parts", () => {
    const text = `${HEADER}services: [{name: a, protocol: http, host: H, port: 81, path: /p, retries: 0,
      connect_timeout: 1, write_timeout: 2, read_timeout: 3, enabled: false, tags: [x]}]`;
    const { protocol, host, port, path, retries, enabled, tags, ...service } = named(
      configOf(text).services,
      "a",
    );
    assert.deepEqual(
      [protocol, host, port, path, retries, enabled, tags],
      ["http", "h", 81, "/p", 0, false, ["x"]],
    );
    const { connectTimeoutMs, writeTimeoutMs, readTimeoutMs } = service;
    assert.deepEqual([connectTimeoutMs, writeTimeoutMs, readTimeoutMs], [1, 2, 3]);
  });

  test("finds an app's module from the config file's folder", () => {
    const { services } = configOf(`${HEADER}services: [{name: a, url: "app:./apps/../orders.ts"}]`);
    assert.deepEqual([services[0]?.protocol, services[0]?.app], ["app", "/etc/sluice/orders.ts"]);
  });

  test("reads a route nested in its service", () => {
    const config = configOf(NESTED);
    const { tries, fallback, bulkhead, ...rest } = named(config.routes, "orders-read");
    assert.deepEqual([tries, fallback, bulkhead], [undefined, undefined, undefined]);
    const { id: _id, source: _source, ...route } = rest;
    assert.deepEqual(route, {
      name: "orders-read",
      serviceId: named(config.services, "orders").id,
      hosts: ["*.example.com", "a.com:81"],
      paths: ["/orders", "~/o/(?<id>\\d+)$"],
      methods: ["GET"],
      headers: { "x-group": ["beta", "~*^b"] },
      stripPath: true,
      preserveHost: false,
      regexPriority: 0,
      timeoutMs: undefined,
      encodedCharacters: DEFAULT_ENCODED_CHARACTERS,
      responseHeadersToRemove: [],
      pluginOrder: [],
      tags: [],
    });
  });

  test("reads a route's timeout, which must be a number of ms", () => {
    const route = (timeout: string): string =>
      `_format_version: "3.0"\nroutes: [{name: r, paths: [/r], timeout: ${timeout}}]`;
    assert.equal(named(configOf(route("1500")).routes, "r").timeoutMs, 1500);
    assert.match(
      faultsOf(route("0"))[0] ?? "",
      /routes\[0\]\.timeout: expected an integer from 1 to/,
    );
  });

  test("reads which escapes a route takes, and fills in the safe ones", () => {
    const { routes } = configOf(
      `${HEADER}routes: [{paths: [/a], encoded_characters: {allow_encoded_slash: true, allow_encoded_null_character: false}}]`,
    );
    assert.deepEqual(routes[0]?.encodedCharacters, {
      ...DEFAULT_ENCODED_CHARACTERS,
      allowEncodedSlash: true,
    });
  });

  test("reads upstreams with nested and separate targets", () => {
    const { upstreams } = configOf(
      `${NESTED}\ntargets: [{ target: late:1, upstream: { name: Backend } }]`,
    );
    const [upstream] = upstreams;
    assert.deepEqual(
      [upstream?.name, upstream?.algorithm, upstream?.hostHeader],
      ["backend", "round-robin", "internal.example"],
    );
    assert.deepEqual(
      upstream?.targets.map(({ host, port, weight }) => [host, port, weight]),
      [
        ["10.0.0.1", 9001, 0],
        ["other", 8000, 100],
        ["[::1]", 99, 100],
        ["late", 1, 100],
      ],
    );
  });

  test("reads consumers with nested and separate credentials", () => {
    const text = `${NESTED}\nkeyauth_credentials: [{ key: secret-2, consumer: { username: bob } }]`;
    const bob = named(configOf(text).consumers, "bob");
    assert.equal(bob.customId, "7");
    assert.deepEqual(
      bob.credentials.map(({ collection, key }) => [collection, key]),
      [
        ["keyauth_credentials", "secret-1"],
        ["keyauth_credentials", "secret-2"],
      ],
    );
  });

  test("keeps of each credential what its plugin needs, and of passwords a digest only", () => {
    const text = `_format_version: "3.0"
consumers:
- id: 11111111-1111-4111-8111-111111111111
  username: a
  acls: [{group: g}]
  basicauth_credentials: [{id: 22222222-2222-4222-8222-222222222222, username: u, password: topsecret}]
  jwt_secrets: [{key: k, secret: s}]
  mtls_auth_credentials: [{subject_name: n}]
hmacauth_credentials: [{consumer: a, username: u, secret: s}]
acls: [{consumer: a, group: h}]`;
    const [consumer] = configOf(text).consumers;
    assert.deepEqual(consumer?.groups, ["g", "h"]);
    assert.deepEqual(
      consumer.credentials.map(({ collection, key, identifier, fields }) => {
        const shown = identifier === key ? identifier : "its id";
        return [collection, key, shown, fields];
      }),
      [
        [
          "basicauth_credentials",
          "u",
          "u",
          { username: "u", password_digest: "Vx8bDz1jbbeIKNuwr1XENTDL3T3PgFa0CNdiXzzFGkU=" },
        ],
        [
          "jwt_secrets",
          "k",
          "k",
          { key: "k", secret: "s", rsa_public_key: undefined, algorithm: "HS256" },
        ],
        ["hmacauth_credentials", "u", "u", { username: "u", secret: "s" }],
        ["mtls_auth_credentials", "n", "its id", { subject_name: "n" }],
      ],
    );
    assert.ok(!JSON.stringify(configOf(text)).includes("topsecret"));
    const ids = new Set(consumer.credentials.map(({ id }) => id));
    assert.equal(ids.size, 4);
  });

  test("gives plugin entries the scope of where they stand and of what they name", () => {
    const config = configOf(NESTED);
    const route = named(config.routes, "orders-read").id;
    const service = named(config.services, "orders").id;
    const consumer = named(config.consumers, "bob").id;
    assert.deepEqual(
      config.plugins.map((plugin) => [
        plugin.name,
        plugin.routeId,
        plugin.serviceId,
        plugin.consumerId,
      ]),
      [
        ["key-auth", route, undefined, undefined],
        ["rate-limiting", undefined, service, consumer],
        ["rate-limiting", undefined, undefined, consumer],
        ["key-auth", undefined, undefined, undefined],
      ],
    );
    assert.deepEqual(
      config.plugins.map((plugin) => [plugin.enabled, plugin.instanceName, plugin.config]),
      [
        [true, undefined, { key_names: ["apikey"] }],
        [true, undefined, { minute: 5 }],
        [true, undefined, { minute: 9 }],
        [false, "everywhere", { key_names: ["apikey"] }],
      ],
    );
  });

  test("follows references by name and by id, as text and as mapping", () => {
    const id = "0B5C2E0E-7A0F-4C6E-9C1D-0123456789AB";
    const references = ["a", id, "{name: a}", `{id: ${id.toLowerCase()}}`];
    for (const reference of references) {
      const config = configOf(
        `${HEADER}services: [{name: a, id: ${id}, host: h}]\nroutes: [{paths: [/], service: ${reference}}]`,
      );
      assert.equal(config.routes[0]?.serviceId, id.toLowerCase(), reference);
    }
  });

  test("takes null for not set", () => {
    const config = configOf(
      `${HEADER}services: [{name: ~, host: h, path: null, client_certificate: null, routes: ~}]\nplugins: null`,
    );
    assert.deepEqual([config.services[0]?.name, config.plugins], [undefined, []]);
  });

  test("reads JSON, with tabs", () => {
    const file = { _format_version: "3.0", services: [{ name: "a", url: "http://h" }] };
    assert.equal(named(configOf(JSON.stringify(file, null, "\t")).services, "a").port, 80);
  });

  test("accepts Kong's fields that are not implemented when they hold Kong's defaults", () => {
    const config = configOf(`${HEADER}
_transform: true
_comment: from a dump
_ignore: [x]
_info: { select_tags: [a], defaults: {} }
certificates: []
services:
- { name: a, host: h, tls_verify: false, created_at: 1, updated_at: 2, ca_certificates: ~ }
routes:
- name: r
  paths: [/]
  protocols: [http, https]
  path_handling: v0
  https_redirect_status_code: 426
  request_buffering: true
  response_buffering: false
upstreams:
- name: u
  algorithm: round-robin
  hash_on: none
  hash_fallback: none
  hash_on_cookie_path: /
  slots: 10000
  use_srv_name: false
  healthchecks:
    threshold: 0
    active: { type: http, healthy: { interval: 0, http_statuses: [200, 302] } }
    passive: { unhealthy: { http_statuses: [429, 500, 503], tcp_failures: 0 } }
plugins:
- { name: key-auth, protocols: [grpc, grpcs, http, https] }
`);
    assert.equal(config.routes.length, 1);
  });

  test("orders routes by age when the config gives it, as Kong does", () => {
    const config = configOf(`${HEADER}routes:
- { name: new, paths: [/], created_at: 20 }
- { name: unknown, paths: [/] }
- { name: old, paths: [/], created_at: 10 }
`);
    assert.deepEqual(
      config.routes.map((route) => route.name),
      ["old", "new", "unknown"],
    );
  });

  test("before 3.0 takes a path with other than plain characters for a regular expression", () => {
    for (const version of ["1.1", "2.1"]) {
      const text = `_format_version: "${version}"\nroutes: [{paths: ["/users/\\\\d+", /plain-1.x_y~z/%20]}]`;
      assert.deepEqual(configOf(text).routes[0]?.paths, ["~/users/\\d+", "/plain-1.x_y~z/%20"]);
    }
  });

  test("leaves ${…} as text", () => {
    const { consumers } = configOf(`${HEADER}consumers: [{username: "\${USER}"}]`);
    assert.equal(consumers[0]?.username, "${USER}");
  });

  test("types plain words as YAML 1.2 does", () => {
    const { services } = configOf(`${HEADER}services: [{name: no, host: on, port: 012}]`);
    assert.deepEqual([services[0]?.name, services[0]?.host, services[0]?.port], ["no", "on", 12]);
  });

  test("resolves aliases", () => {
    const { routes } = configOf(
      `${HEADER}routes: [{paths: &p [/a], methods: [GET]}, {paths: *p, methods: [PUT]}]`,
    );
    assert.deepEqual(routes[1]?.paths, ["/a"]);
  });
});
