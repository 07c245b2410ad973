// Every fault with its line and column, its path, and what was expected.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { faultsOf } from "./config.testing.ts";

const VERSION = '_format_version: "3.0"\n';

/** Texts start on line 2, below the version. */
const FAULTS: readonly (readonly [what: string, text: string, ...faults: readonly string[]])[] = [
  [
    "an unknown key, with the nearest one",
    "routes: [{pathes: [/a], methods: [GET]}]",
    '2:11: routes[0].pathes: unknown key of a route: did you mean "paths"?',
  ],
  ["an unknown key without a near one", "bogus: 1", "2:1: bogus: unknown key of a config"],
  [
    "a misspelt collection",
    "servises: []",
    '2:1: servises: unknown key of a config: did you mean "services"?',
  ],
  [
    "a wrong type",
    "services: [{host: h, retries: many, tags: x, enabled: 1}]",
    '2:31: services[0].retries: expected an integer from 0 to 32767, got "many"',
    '2:43: services[0].tags: expected a list, got "x"',
    "2:55: services[0].enabled: expected true or false, got 1",
  ],
  [
    "a number out of range",
    "services: [{host: h, port: 0, retries: -1, read_timeout: 1.5}]",
    "2:28: services[0].port: expected an integer from 1 to 65535, got 0",
    "2:40: services[0].retries: expected an integer from 0 to 32767, got -1",
    "2:58: services[0].read_timeout: expected an integer from 1 to 2147483646, got 1.5",
  ],
  [
    "a collection that is no list",
    "services: {a: 1}",
    "2:11: services: expected a list of services, got a mapping",
  ],
  [
    "an entity that is no mapping",
    "routes: [foo]",
    '2:10: routes[0]: expected a mapping with the keys of a route, got "foo"',
  ],
  [
    "a service without a place",
    "services: [{name: a}]",
    "2:12: services[0].host: missing: expected host, or url",
  ],
  [
    "a service with two places",
    'services: [{url: "http://h", port: 1}]',
    "2:36: services[0].port: expected either url or port, not both",
  ],
  [
    "TLS to upstreams",
    'services: [{url: "https://h"}, {host: h, protocol: https}]',
    '2:18: services[0].url: TLS to upstreams is not available yet: expected "http"',
    '2:52: services[1].protocol: TLS to upstreams is not available yet: expected "http", got "https"',
  ],
  [
    "another protocol",
    "services: [{host: h, protocol: grpc}]",
    '2:32: services[0].protocol: this protocol is not supported by this version: expected "http", got "grpc"',
  ],
  [
    "a url that is none, without showing it",
    'services: [{url: "http://user:password@h/"}, {url: "app:orders"}]',
    '2:18: services[0].url: expected a url like "http://host:port/path" (no user, query or fragment), or "app:./module.ts"',
    '2:52: services[1].url: expected "app:" and a path like ./module.ts',
  ],
  [
    "a service's path that is not canonical",
    "services: [{host: h, path: /a//b}]",
    '2:28: services[0].path: expected the canonical form "/a/b", got "/a//b"',
  ],
  [
    "a name with odd characters",
    "services: [{host: h, name: a b}]",
    '2:28: services[0].name: expected a name of letters, digits and . - _ ~, got "a b"',
  ],
  [
    "an id that is no UUID",
    "services: [{host: h, id: a}]",
    '2:26: services[0].id: expected a UUID, got "a"',
  ],
  [
    "duplicate names and ids",
    `services:
- {host: h, name: a, id: 0b5c2e0e-7a0f-4c6e-9c1d-0123456789ab}
- {host: h, name: a, id: 0B5C2E0E-7A0F-4C6E-9C1D-0123456789AB}`,
    '4:19: services[1].name: expected a name of its own: "a" is also that of services[0]',
    '4:26: services[1].id: expected an id of its own: "0b5c2e0e-7a0f-4c6e-9c1d-0123456789ab" is also that of services[0]',
  ],
  [
    "a missing reference, with the nearest name",
    "services: [{host: h, name: orders}]\nroutes: [{paths: [/], service: ordres}, {paths: [/], service: {name: zzz}}]",
    '3:32: routes[0].service: there is no service "ordres": did you mean "orders"?',
    '3:63: routes[1].service: there is no service "zzz"',
  ],
  [
    "a reference that is none",
    "routes: [{paths: [/], service: [a]}]",
    "2:32: routes[0].service: expected the name or id of a service, as a string or as {name: …} or {id: …}, got a list",
  ],
  [
    "a second service for a nested route",
    "services: [{host: h, name: a, routes: [{paths: [/], service: a}]}]",
    "2:62: services[0].routes[0].service: expected no service here: this route belongs to services[0]",
  ],
  [
    "a route that matches on nothing",
    "routes: [{name: a, hosts: []}]",
    "2:10: routes[0]: expected at least one of hosts, paths, methods, headers",
  ],
  [
    "paths of a route",
    'routes: [{paths: [a, "~a", "/a/../b", "/a%2fb", "~/(a"]}]',
    '2:19: routes[0].paths[0]: expected a path that starts with "/", or "~/" for a regular expression, got "a"',
    '2:22: routes[0].paths[1]: expected a regular expression that starts with "~/", got "~a"',
    '2:28: routes[0].paths[2]: expected the canonical form "/b", got "/a/../b"',
    '2:39: routes[0].paths[3]: expected a path of the characters that RFC 3986 allows, without escaped / or \\, got "/a%2fb"',
    '2:49: routes[0].paths[4]: the regular expression does not compile: missing ) for this ( (at character 2), got "~/(a"',
  ],
  [
    "a regular expression that cannot be matched in linear time",
    'routes: [{paths: ["~/(?=a)"]}]',
    '2:19: routes[0].paths[0]: the regular expression does not compile: look-around is not supported: patterns are matched in linear time (at character 2), got "~/(?=a)"',
  ],
  [
    "hosts and methods of a route",
    'routes: [{hosts: ["a*", "*.a.*", "a:0"], methods: [get]}]',
    '2:19: routes[0].hosts[0]: expected a host name, "*.name" or "name.*", each with or without a port, got "a*"',
    '2:25: routes[0].hosts[1]: expected a host name, "*.name" or "name.*", each with or without a port, got "*.a.*"',
    '2:34: routes[0].hosts[2]: expected a host name, "*.name" or "name.*", each with or without a port, got "a:0"',
    '2:52: routes[0].methods[0]: expected a method in upper case, got "get"',
  ],
  [
    "headers of a route",
    'routes: [{headers: {"a b": [x], Host: [x], x-a: ["~*["], X-A: [x], x-b: []}}]',
    '2:28: routes[0].headers["a b"]: expected the name of a header',
    "2:39: routes[0].headers.Host: expected hosts instead of the header host",
    '2:50: routes[0].headers.x-a[0]: the regular expression does not compile: missing ] for this [ (at character 1), got "~*["',
    "2:63: routes[0].headers.X-A: this header was given before: names are case-insensitive",
    "2:73: routes[0].headers.x-b: expected a list that is not empty",
  ],
  [
    "fields that are known but not implemented",
    "routes: [{paths: [/], path_handling: v1, snis: [a], protocols: [https]}]",
    '2:38: routes[0].path_handling: path_handling is not supported by this version: expected "v0", got "v1"',
    "2:48: routes[0].snis: snis is not supported by this version: expected it left out",
    '2:64: routes[0].protocols: only http is supported by this version: expected ["http", "https"] or ["http"]',
  ],
  [
    "targets",
    'upstreams: [{name: u, targets: [{target: "h:0"}, {target: a, weight: 65536}, {target: A}]}]\ntargets: [{target: a}]',
    '2:42: upstreams[0].targets[0].target: expected "host:port", or a host for port 8000, got "h:0"',
    "2:70: upstreams[0].targets[1].weight: expected an integer from 0 to 65535, got 65536",
    "2:87: upstreams[0].targets[2].target: the upstream has the target a:8000 already",
    "3:11: targets[0].upstream: missing: expected the name or id of an upstream",
  ],
  [
    "credentials, without ever showing a key",
    `consumers:
- {username: a, keyauth_credentials: [{key: topsecret}, {key: 12345}, topsecret]}
- {username: b, keyauth_credentials: [{key: topsecret}, {}], jwt_secrets: [{key: topsecret}]}`,
    "3:63: consumers[0].keyauth_credentials[1].key: expected a string",
    "3:71: consumers[0].keyauth_credentials[2]: expected a mapping with the keys of a credential",
    "4:45: consumers[1].keyauth_credentials[0].key: expected a key of its own: this one is also that of consumers[0].keyauth_credentials[0]",
    "4:57: consumers[1].keyauth_credentials[1].key: missing: expected a string",
    "4:76: consumers[1].jwt_secrets[0].secret: missing: expected a secret for HS256",
  ],
  [
    "credentials of every collection, without ever showing a secret",
    `consumers:
- username: a
  basicauth_credentials: [{username: u, password: ""}, {username: u, password: topsecret}, {password: topsecret}]
  jwt_secrets: [{key: k, secret: topsecret, algorithm: none}, {key: l, algorithm: RS256}, {key: m, algorithm: ES256, rsa_public_key: topsecret}]
  hmacauth_credentials: [{username: u}, {username: v, secret: topsecret, pasword: topsecret}]
  mtls_auth_credentials: [{subject_name: s, ca_certificate: {id: topsecret}}, {subject_name: t}, {subject_name: t}]
  acls: [{group: g}, {group: g}, {groups: [topsecret]}]
basicauth_credentials: [{username: v, password: topsecret}]
acls: [{group: g, consumer: nobody}]`,
    "4:51: consumers[0].basicauth_credentials[0].password: expected a string that is not empty",
    "4:92: consumers[0].basicauth_credentials[2].username: missing: expected a string",
    "5:56: consumers[0].jwt_secrets[0].algorithm: expected one of HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512, EdDSA",
    "5:63: consumers[0].jwt_secrets[1].rsa_public_key: missing: expected a public key for RS256",
    "5:134: consumers[0].jwt_secrets[2].rsa_public_key: expected a public key for ES256 as PEM: the pem holds no public key that can be read",
    "6:26: consumers[0].hmacauth_credentials[0].secret: missing: expected a string",
    "6:74: consumers[0].hmacauth_credentials[1].pasword: unknown key of a credential",
    "7:61: consumers[0].mtls_auth_credentials[0].ca_certificate: ca_certificate is not supported by this version: expected it left out",
    "7:113: consumers[0].mtls_auth_credentials[2].subject_name: expected a subject_name of its own: this one is also that of consumers[0].mtls_auth_credentials[1]",
    "8:30: consumers[0].acls[1].group: the consumer is in this group already",
    "8:34: consumers[0].acls[2].group: missing: expected a string",
    '8:35: consumers[0].acls[2].groups: unknown key of an acl: did you mean "group"?',
    "9:25: basicauth_credentials[0].consumer: missing: expected the username or id of a consumer",
    '10:29: acls[0].consumer: there is no consumer "nobody"',
  ],
  [
    "a consumer without a name",
    "consumers: [{tags: [a]}]",
    "2:13: consumers[0]: expected at least one of username and custom_id",
  ],
  [
    "an unknown plugin, with the nearest one",
    "plugins: [{name: key-aut, config: {password: x}}]",
    '2:18: plugins[0].name: there is no plugin "key-aut": did you mean "key-auth"?',
  ],
  [
    "a plugin's config",
    "plugins: [{name: rate-limiting, config: {minuet: 1}}, {name: key-auth, config: {key_names: [1]}}]",
    "2:41: plugins[0].config.minute: missing: this key is required",
    '2:42: plugins[0].config.minuet: unknown key: did you mean "minute"?',
    "2:93: plugins[1].config.key_names[0]: expected a string, got 1",
  ],
  [
    "two entries of a plugin with the same scope",
    "plugins: [{name: key-auth}, {name: key-auth, instance_name: x}]",
    '2:29: plugins[1]: the plugin "key-auth" has the same scope as plugins[0]',
  ],
  [
    "collections that are not implemented",
    "certificates: [{id: 1}]\n_transform: false",
    "2:15: certificates: certificates is not supported by this version: expected it left out",
    "3:13: _transform: _transform is not supported by this version: expected true, got false",
  ],
];

describe("parseConfig refuses", () => {
  for (const [what, text, ...faults] of FAULTS) {
    test(what, () => assert.deepEqual(faultsOf(VERSION + text), faults));
  }

  test("a config without a version, or with one that is a number", () => {
    assert.deepEqual(faultsOf("services: []"), [
      '1:1: _format_version: missing: expected "3.0", "2.1" or "1.1"',
    ]);
    assert.deepEqual(faultsOf("_format_version: 3.0"), [
      '1:18: _format_version: expected the version as text, in quotes: "3.0", "2.1" or "1.1", got 3.0',
    ]);
  });

  test("faults of JSON at their lines and columns, too", () => {
    const text = '{\n\t"_format_version": "3.0",\n\t"services": [{"host": 5}]\n}';
    assert.deepEqual(faultsOf(text), ["3:24: services[0].host: expected a string, got 5"]);
  });
});
