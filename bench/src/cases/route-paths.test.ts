import assert from "node:assert/strict";
import { test } from "node:test";
import { gatewayConfig, routePaths, shuffled } from "./route-paths.ts";

test("makes 10,000 different paths, the root among them", () => {
  const paths = routePaths(10_000);
  assert.equal(new Set(paths).size, 10_000);
  assert.equal(paths[0], "/");
  assert.throws(() => routePaths(20_000), RangeError);
});

test("spreads the requests over all routes, neighbours far apart", () => {
  const paths = routePaths(10_000);
  const order = shuffled(paths);
  assert.deepEqual(order.toSorted(), paths.toSorted());
  const second = order.indexOf(paths[1] ?? "");
  assert.ok(Math.abs(order.indexOf(paths[2] ?? "") - second) > 10);
});

test("gives each path a route of another name", () => {
  // gatewayConfig writes the shape that the gateway reads.
  const { services } = gatewayConfig(10_000, 80) as {
    services: { routes: { name: string; paths: string[] }[] }[];
  };
  const routes = services.flatMap((service) => service.routes);
  assert.equal(new Set(routes.map(({ name }) => name)).size, 10_000);
  assert.equal(new Set(routes.flatMap(({ paths }) => paths)).size, 10_000);
});
