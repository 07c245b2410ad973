import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GatewayConfig, ServiceConfig } from "./config/model.ts";
import { exchangeOf, fieldsOf } from "./exchange.testing.ts";
import { RecordingPlugin, entryOf } from "./plugins/plugin.testing.ts";
import { logRecord } from "./record.ts";
import { routeOf } from "./routing/routing.testing.ts";
import { Snapshot } from "./snapshot.ts";
import type { StartedPlugin } from "./snapshot.ts";
import { RouteStats } from "./status/route-stats.ts";
import type { Transport } from "./upstream/transport.ts";

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
    transport: () => TRANSPORT,
    routeStats: (service, route) => new RouteStats(service, route),
  });
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
    snapshot.route(routes[0] ?? assert.fail())?.chain.access(exchangeOf());
    assert.deepEqual(plugin.calls, ["access 2"]);
  });

  test("balances over an upstream's targets when a service's host is its name", () => {
    const targets = ["10.0.0.1", "10.0.0.2"].map((host) => ({
      id: host,
      host,
      port: 81,
      weight: 1,
    }));
    const upstreams = [
      {
        id: "u",
        name: "pool",
        algorithm: "round-robin" as const,
        hostHeader: "api.example",
        targets,
        source: SOURCE,
      },
    ];
    const services = [serviceOf("s", { host: "pool" }), serviceOf("plain")];
    const routes = services.map(({ id }) => routeOf(id, { paths: ["/"], serviceId: id }));
    const snapshot = snapshotOf({ services, routes, upstreams });
    const [pooled, plain] = routes.map((route) => snapshot.route(route)?.service);
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
    const names = snapshot.route(routes[0] ?? assert.fail())?.secretNames;
    assert.equal(names?.has("everywhere"), true);
    assert.equal(names?.has("only-a"), true);
    assert.equal(names?.has("only-b"), true);
    assert.equal(names?.has("authorization"), true);
  });

  test("keeps credentials out of the log of requests that no route took (L2)", () => {
    const plugin = new RecordingPlugin("p");
    const plugins = [entryOf("p", { routeId: "a" })];
    const exchange = exchangeOf({ fields: fieldsOf("X-Token: hush"), query: "x-token=hush" });
    exchange.snapshot = snapshotOf({ plugins }, { p: { plugin, credentialNames: [["x-token"]] } });
    assert.ok(!logRecord(exchange).includes("hush"));
  });
});
