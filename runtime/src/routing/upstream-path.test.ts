import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalPath } from "./path.ts";
import { compileRouter } from "./router.ts";
import { requestOf, routeOf } from "./routing.testing.ts";
import { seededRandom } from "./seeded-random.testing.ts";
import { upstreamPath } from "./upstream-path.ts";

// Kong's table of path_handling v0: service path, route path, strip_path, request, what the upstream is asked for.
const JOINS: readonly (readonly [string | undefined, string, boolean, string, string])[] = [
  [undefined, "/", true, "/", "/"],
  [undefined, "/", true, "/a/b", "/a/b"],
  [undefined, "/", false, "/a", "/a"],
  [undefined, "/api", true, "/api", "/"],
  [undefined, "/api", true, "/api/", "/"],
  [undefined, "/api", true, "/api/x/", "/x/"],
  [undefined, "/api/", true, "/api/x", "/x"],
  [undefined, "/api", false, "/api/x", "/api/x"],
  ["/base", "/", true, "/", "/base"],
  ["/base", "/", false, "/", "/base"],
  ["/base", "/", true, "/x", "/base/x"],
  ["/base", "/", false, "/x", "/base/x"],
  ["/base", "/api", true, "/api", "/base"],
  ["/base", "/api", true, "/api/", "/base/"],
  ["/base", "/api", true, "/api/x", "/base/x"],
  ["/base", "/api/", true, "/api/", "/base/"],
  ["/base", "/api", false, "/api/x", "/base/api/x"],
  ["/base/", "/", true, "/", "/base/"],
  ["/base/", "/", false, "/", "/base/"],
  ["/base/", "/api", true, "/api", "/base"],
  ["/base/", "/api", true, "/api/", "/base/"],
  ["/base/", "/api", true, "/api/x", "/base/x"],
  ["/base/", "/api", false, "/api/x", "/base/api/x"],
  ["/base", "~/users/\\d+", true, "/users/12/orders", "/base/orders"],
  ["/base", "~/api", true, "/apiv2/x", "/base/v2/x"],
];

function join(
  servicePath: string | undefined,
  routePath: string,
  stripPath: boolean,
  path: string,
): string | undefined {
  const router = compileRouter([routeOf("route", { paths: [routePath], stripPath })]);
  const match = router.match(requestOf({ path }));
  assert.ok(match !== undefined);
  return upstreamPath(match, servicePath, path);
}

describe("upstreamPath", () => {
  for (const [servicePath, routePath, stripPath, path, expected] of JOINS) {
    const how = stripPath ? "stripped of" : "routed by";
    test(`${path} ${how} ${routePath} to a service at ${servicePath ?? "no path"} is ${expected}`, () => {
      assert.equal(join(servicePath, routePath, stripPath, path), expected);
    });
  }

  test("a route without paths strips nothing", () => {
    const match = compileRouter([routeOf("route", { methods: ["GET"] })]).match(requestOf({}));
    assert.equal(upstreamPath(match ?? assert.fail(), "/base", "/a/b"), "/base/a/b");
  });

  test("refuses what climbs out of the service's path after a cut inside a segment (P10)", () => {
    assert.equal(join("/base", "~/api", true, "/api../secret"), undefined);
    assert.equal(join("/base", "~/api", true, "/api.."), undefined);
    assert.equal(join("/base", "~/api", true, "/api..;/secret"), undefined);
  });

  test("what it joins is canonical and below the service's path", () => {
    const random = seededRandom(3);
    const pieces = ["/", "a", "..", ".", "api", "b/", "api..", ";", "%41", "%C3%A9"];
    const routePaths = ["/", "/api", "/api/", "~/api", "~/a", "~/[^/]*", "~.*/"];
    const routers = routePaths.map((path) => compileRouter([routeOf(path, { paths: [path] })]));
    let joined = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const raw = Array.from({ length: 6 }, () => pieces[Math.floor(random() * pieces.length)]);
      const path = canonicalPath(`/${raw.join("")}`);
      if (path === undefined) continue;
      for (const router of routers) {
        const match = router.match(requestOf({ path }));
        if (match === undefined) continue;
        const result = upstreamPath(match, "/base/x", path);
        if (result === undefined) continue;
        joined += 1;
        assert.equal(canonicalPath(result), result, `${match.route.id} on ${path}`);
        assert.match(result, /^\/base\/x(?:\/|$)/, `${match.route.id} on ${path}`);
      }
    }
    assert.ok(joined > 10_000, `only ${joined} were joined`);
  });
});
