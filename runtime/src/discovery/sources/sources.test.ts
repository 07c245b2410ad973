import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { targetsOfSlices } from "./endpoint-slices.ts";
import type { EndpointSlice } from "./endpoint-slices.ts";
import { listedTarget, listedTargets } from "./listed.ts";
import { SOURCES } from "./all.ts";

describe("a target that somebody lists", () => {
  const place = { host: "10.0.0.1", port: 80 };
  const good: readonly (readonly [value: unknown, weight: number])[] = [
    ["10.0.0.1:80", 100],
    [{ target: "10.0.0.1:80", weight: 3 }, 3],
    [{ host: "10.0.0.1", port: 80, weight: 0 }, 0],
    [{ Op: 0, Addr: "10.0.0.1:80", Metadata: null }, 100],
  ];
  for (const [value, weight] of good) {
    test(`may be ${JSON.stringify(value)}`, () => {
      assert.deepEqual(listedTarget(value), { ...place, weight });
    });
  }

  test("may be IPv6 or a name, in lower case", () => {
    assert.equal(listedTarget("[2001:DB8::1]:80").host, "2001:db8::1");
    assert.equal(listedTarget("API.test:80").host, "api.test");
  });

  const bad = ["10.0.0.1", ":80", "a b:80", "a:0", "a:65536", "http://a:80", 7, null, {}];
  for (const value of [...bad, { target: "a:80", weight: -1 }, { target: "a:80", wieght: 1 }]) {
    test(`may not be ${JSON.stringify(value)}`, () => {
      assert.throws(() => listedTarget(value), /^Error: expected/);
    });
  }

  test("is named by its place when it is wrong", () => {
    assert.throws(() => listedTargets({ targets: ["a:80", "b"] }), /targets\[1\]: expected/);
    assert.throws(() => listedTargets("a:80"), /expected a list/);
    assert.throws(() => listedTargets(Array.from({ length: 10_001 }, () => "a:80")), /at most/);
  });
});

describe("endpoints of a Kubernetes service", () => {
  const slice = (
    conditions: Readonly<Record<string, boolean | null>> | undefined,
    address = "10.0.0.1",
  ): EndpointSlice => ({
    metadata: { name: address },
    ports: [
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "http", port: 8080, protocol: "TCP" },
      { name: "admin", port: 9000 },
    ],
    endpoints: [{ addresses: [address, "10.9.9.9"], conditions }],
  });
  const hosts = (...slices: readonly EndpointSlice[]): readonly string[] =>
    targetsOfSlices(slices, undefined, 100).map(({ host, port }) => `${host}:${port}`);

  test("are those that are ready, or of which nothing is known", () => {
    assert.deepEqual(hosts(slice(undefined)), ["10.0.0.1:8080"]);
    assert.deepEqual(hosts(slice({ ready: null })), ["10.0.0.1:8080"]);
    assert.deepEqual(hosts(slice({ ready: false, serving: true, terminating: false })), []);
  });

  test("are those that serve while they terminate, when no other is left", () => {
    const leaving = slice({ ready: false, serving: true, terminating: true }, "10.0.0.2");
    assert.deepEqual(hosts(slice({ ready: true }), leaving), ["10.0.0.1:8080"]);
    assert.deepEqual(hosts(leaving), ["10.0.0.2:8080"]);
  });

  test("are at the port of that name or number", () => {
    const portOf = (port: string | number): number | undefined =>
      targetsOfSlices([slice(undefined)], port, 100)[0]?.port;
    assert.deepEqual([portOf("admin"), portOf(8080), portOf("none")], [9000, 8080, undefined]);
  });

  test("may be none at all", () => {
    assert.deepEqual(hosts({ metadata: { name: "a" }, endpoints: null, ports: null }), []);
  });
});

test("each kind of registry has a name of its own", () => {
  const types = SOURCES.map(({ type }) => type);
  assert.deepEqual(types, ["consul", "etcd", "eureka", "file", "kubernetes"]);
});
