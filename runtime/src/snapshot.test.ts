import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GatewayConfig, ServiceConfig } from "./config/model.ts";
import { exchangeOf, fieldsOf } from "./exchange.testing.ts";
import { RecordingPlugin, entryOf } from "./plugins/plugin.testing.ts";
import { logRecord } from "./record.ts";
import { requestOf, routeOf } from "./routing/routing.testing.ts";
import { Snapshot } from "./snapshot.ts";
import type { Route, StartedPlugin } from "./snapshot.ts";
import { RouteStats } from "./status/route-stats.ts";
import type { Transport } from "./upstream/transport.ts";
import { testUpstreams, upstreamConfig } from "./upstream/upstreams.testing.ts";

const TRANSPORT: Transport = { call: () => undefined, close: () => undefined };
const SOURCE = { path: "", line: 1, column: 1 };

function serviceOf(id: string, parts: Partial<ServiceConfig> = {}): ServiceConfig {
  return {
    id,
    name: id,
    protocol: "http",
    host: "10.0.0.1",
    port: 80,
    path: undefined,
    app: undefined,
    retries: 5,
    connectTimeoutMs: 1000,
    writeTimeoutMs: 1000,
    readTimeoutMs: 1000,
    enabled: true,
    tags: [],
    source: SOURCE,
    ...parts,
  };
}

function snapshotOf(
  config: Partial<GatewayConfig>,
  plugins: Readonly<Record<string, StartedPlugin>> = {},
): Snapshot {
  const nothing = { services: [], routes: [], upstreams: [], consumers: [], plugins: [] };
  return new Snapshot({
    config: { ...nothing, ...config },
    plugins: new Map(Object.entries(plugins)),
    upstreams: testUpstreams(),
    transport: () => TRANSPORT,
    routeStats: (service, route) => new RouteStats(service, route),
  });
}

function routeFor(snapshot: Snapshot, path: string): Route {
  const match = snapshot.match(requestOf({ path })) ?? assert.fail(`no route takes ${path}`);
  return snapshot.route(match) ?? assert.fail("the match is of no route");
}

describe("Snapshot", () => {
  test("closes its plugins when it is retired and the last request has ended", () => {
    const plugin = new RecordingPlugin("p");
    const snapshot = snapshotOf({}, { p: { plugin, credentialNames: [] } });
    snapshot.begin();
    snapshot.begin();
    snapshot.end();
    snapshot.retire();
    assert.equal(plugin.isClosed, false);
    snapshot.end();
    assert.equal(plugin.isClosed, true);
  });

  test("closes its plugins at once when nothing runs on it", () => {
    const plugin = new RecordingPlugin("p");
    const snapshot = snapshotOf({}, { p: { plugin, credentialNames: [] } });
    snapshot.begin();
    snapshot.end();
    assert.equal(plugin.isClosed, false);
    snapshot.retire();
    assert.equal(plugin.isClosed, true);
  });

  test("gives a plugin the index of its entry among its own, disabled ones counted", () => {
    const plugin = new RecordingPlugin("p", { phases: ["access"] });
    const routes = [routeOf("r", { paths: ["/"] })];
    const plugins = [
      entryOf("p", { routeId: "other" }),
      entryOf("q"),
      entryOf("p", { enabled: false, routeId: "r" }),
      entryOf("p", { routeId: "r" }),
    ];
    const snapshot = snapshotOf({ routes, plugins }, { p: { plugin, credentialNames: [] } });
    routeFor(snapshot, "/").chain.access(exchangeOf());
    assert.deepEqual(plugin.calls, ["access 2"]);
  });

  test("balances over an upstream's targets when a service's host is its name", () => {
    const targets = ["10.0.0.1", "10.0.0.2"].map((host) => ({
      id: host,
      host,
      port: 81,
      weight: 1,
    }));
    const upstreams = [upstreamConfig({ hostHeader: "api.example", targets })];
    const services = [serviceOf("s", { host: "pool" }), serviceOf("plain")];
    const routes = services.map(({ id }) => routeOf(id, { paths: [`/${id}`], serviceId: id }));
    const snapshot = snapshotOf({ services, routes, upstreams });
    const [pooled, plain] = ["/s", "/plain"].map((path) => routeFor(snapshot, path).service);
    assert.deepEqual(
      pooled?.balancer.targets.map((target) => target.address),
      ["10.0.0.1:81", "10.0.0.2:81"],
    );
    assert.equal(pooled?.hostHeader, "api.example");
    assert.deepEqual(
      plain?.balancer.targets.map((target) => target.address),
      ["10.0.0.1:80"],
    );
    assert.equal(plain?.hostHeader, undefined);
  });

  test("knows the names of credentials of all routes on each of them (L2)", () => {
    const plugin = new RecordingPlugin("p");
    const routes = [routeOf("a", { paths: ["/a"] }), routeOf("b", { paths: ["/b"] })];
    const plugins = [entryOf("p"), entryOf("p", { routeId: "a" }), entryOf("p", { routeId: "b" })];
    const credentialNames = [["Everywhere"], ["only-a"], ["only-b"]];
    const snapshot = snapshotOf({ routes, plugins }, { p: { plugin, credentialNames } });
    const names = routeFor(snapshot, "/a").secretNames;
    assert.equal(names.has("everywhere"), true);
    assert.equal(names.has("only-a"), true);
    assert.equal(names.has("only-b"), true);
    assert.equal(names.has("authorization"), true);
  });

  test("gives each match its own route when those of disabled services are left out", () => {
    const services = [serviceOf("off", { enabled: false }), serviceOf("on")];
    const routes = [
      routeOf("gone", { paths: ["/gone"], serviceId: "off" }),
      routeOf("a", { paths: ["/a"], serviceId: "on", preserveHost: true }),
      routeOf("b", { paths: ["~/b+"], serviceId: "on", timeoutMs: 7 }),
    ];
    const snapshot = snapshotOf({ services, routes });
    assert.equal(snapshot.match(requestOf({ path: "/gone" })), undefined);
    const [a, b] = ["/a/x", "/bb"].map((path) => routeFor(snapshot, path));
    assert.deepEqual([a?.config.id, a?.preserveHost, a?.timeoutMs], ["a", true, undefined]);
    assert.deepEqual([b?.config.id, b?.preserveHost, b?.timeoutMs], ["b", false, 7]);
  });

  test("shares one chain among the routes that have the same plugins", () => {
    const plugin = new RecordingPlugin("p", { phases: ["access"] });
    const routes = ["a", "b", "c"].map((id) => routeOf(id, { paths: [`/${id}`] }));
    const plugins = [entryOf("p"), entryOf("p", { routeId: "c" })];
    const snapshot = snapshotOf({ routes, plugins }, { p: { plugin, credentialNames: [] } });
    const [a, b, c] = ["/a", "/b", "/c"].map((path) => routeFor(snapshot, path).chain);
    assert.equal(a, b);
    c?.access(exchangeOf());
    a?.access(exchangeOf());
    assert.deepEqual(plugin.calls, ["access 1", "access 0"]);
  });

  test("keeps credentials out of the log of requests that no route took (L2)", () => {
    const plugin = new RecordingPlugin("p");
    const plugins = [entryOf("p", { routeId: "a" })];
    const exchange = exchangeOf({ fields: fieldsOf("X-Token: hush"), query: "x-token=hush" });
    exchange.snapshot = snapshotOf({ plugins }, { p: { plugin, credentialNames: [["x-token"]] } });
    assert.ok(!logRecord(exchange).includes("hush"));
  });
});
