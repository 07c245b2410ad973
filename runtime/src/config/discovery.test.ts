import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { configOf, faultsOf, SECRET } from "./config.testing.ts";
import type { DiscoveryConfig } from "./upstream-model.ts";

const HEADER = '_format_version: "3.0"\n';
const text = (fields: string): string => `${HEADER}upstreams: [{name: u, discovery: {${fields}}}]`;

function discoveryOf(fields: string): DiscoveryConfig {
  const found = configOf(text(fields)).upstreams[0]?.discovery;
  assert.ok(found !== undefined);
  return found;
}

describe("an upstream's discovery", () => {
  test("has the fields of its kind, with their defaults", () => {
    assert.deepEqual(discoveryOf("type: consul, service_name: orders, required: true"), {
      type: "consul",
      isRequired: true,
      folder: "/etc/sluice",
      fields: {
        servers: ["http://127.0.0.1:8500"],
        service_name: "orders",
        wait: 60,
        timeout: 5,
      },
    });
  });

  test("is none unless there is one", () => {
    const [upstream] = configOf(`${HEADER}upstreams: [{name: u}]`).upstreams;
    assert.equal(upstream?.discovery, undefined);
  });

  test("takes a token by reference", () => {
    const { fields } = discoveryOf(
      'type: consul, service_name: orders, token: "{vault://env/jwt-key}"',
    );
    assert.equal((fields as { token: string }).token, SECRET);
  });

  test("of Kubernetes needs only names in a pod, and trusts nothing of it elsewhere", () => {
    const inside = discoveryOf("type: kubernetes, service_name: orders").fields;
    const { token_file, ca_file } = inside as Record<string, string | undefined>;
    assert.match(`${token_file} ${ca_file}`, /serviceaccount\/token .*serviceaccount\/ca\.crt$/);
    const outside = discoveryOf(
      'type: kubernetes, service_name: orders, server: "https://k8s.test"',
    ).fields;
    assert.equal((outside as Record<string, unknown>)["token_file"], undefined);
  });

  test("shows no credential when it is wrong", () => {
    const tokens = ['token: "s3 cret"', 'password: "s3 cret"', 'servers: ["http://u:s3@h"]'];
    for (const wrong of tokens) {
      const faults = faultsOf(text(`type: eureka, service_name: a, ${wrong}`)).join();
      assert.match(faults, /expected|unknown key/);
      assert.doesNotMatch(faults, /s3/);
    }
  });

  const wrong: readonly (readonly [fields: string, fault: RegExp])[] = [
    ["service_name: a", /discovery\.type: expected one of consul, etcd, eureka, file, kubernetes$/],
    ["type: zookeeper", /discovery\.type: .*got "zookeeper"/],
    ["type: consul", /discovery\.service_name: missing/],
    ["type: consul, service_name: a, servce: b", /discovery\.servce: unknown key/],
    ["type: consul, service_name: a, wait: 0", /wait: expected a number of seconds from 1 to 600/],
    ['type: consul, service_name: a, servers: ["http://u:p@h"]', /servers\[0\]: expected a URL/],
    ["type: consul, service_name: a, servers: []", /servers: expected a list that is not empty/],
    ['type: consul, service_name: a, token: "{vault://env/none}"', /token: .*NONE is not set/],
    ["type: eureka, service_name: a, required: 1", /required: expected true or false/],
    ["type: file", /discovery\.path: missing/],
    ["type: etcd", /discovery\.prefix: missing/],
    ["type: kubernetes, service_name: a, port: 0", /port: expected the name or the number/],
  ];
  for (const [fields, fault] of wrong) {
    test(`may not be {${fields}}`, () => {
      const faults = faultsOf(text(fields));
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0] ?? "", fault);
    });
  }
});
