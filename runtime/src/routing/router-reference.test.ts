// The router's indexes against a matcher that tries every route in turn, on random tables and requests.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteConfig } from "../config/model.ts";
import { compileRouter } from "./router.ts";
import type { RoutingInput } from "./router.ts";
import { requestOf, routeOf } from "./routing.testing.ts";
import { seededRandom } from "./seeded-random.testing.ts";

const HOSTS = ["a.com", "b.a.com", "c.b.a.com", "a.org", "x.a.org"];
const ROUTE_HOSTS = [
  ...HOSTS,
  "*.a.com",
  "*.com",
  "*.b.a.com",
  "a.*",
  "b.*",
  "a.com:81",
  "*.com:81",
];
const SEGMENTS = ["a", "b", "ab", "1"];
const REGEXES = ["~/a", "~/a/\\d+", "~/a/b.*$", "~/[ab]+/", "~.*/1", "~/a|/b/1", "~/(a|b)/b"];
const METHODS = ["GET", "POST", "PUT"];
const VALUES = ["1", "2", "V3"];

test("finds the same route as trying them all", () => {
  const random = seededRandom(20_261_121);
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    assert.ok(item !== undefined);
    return item;
  };
  const some = <Item>(share: number, make: () => Item): Item[] =>
    random() < share ? Array.from({ length: 1 + Math.floor(random() * 3) }, make) : [];
  const randomPath = (): string =>
    `/${Array.from({ length: Math.floor(random() * 4) }, () => pick(SEGMENTS)).join("/")}`;
  const prefix = (): string => {
    const path = randomPath();
    return path !== "/" && random() < 0.2 ? `${path}/` : path;
  };
  const randomRoute = (index: number): RouteConfig =>
    routeOf(String(index), {
      hosts: some(0.5, () => pick(ROUTE_HOSTS)),
      paths: some(0.8, () => (random() < 0.3 ? pick(REGEXES) : prefix())),
      methods: some(0.3, () => pick(METHODS)),
      headers: Object.fromEntries(
        some(0.2, () => [`x-${pick(["a", "b"])}`, some(1, () => pick([...VALUES, "~*^v\\d"]))]),
      ),
      regexPriority: Math.floor(random() * 3),
    });
  const randomRequest = (): RoutingInput => {
    const host = pick(HOSTS);
    return requestOf({
      host,
      authority: `${host}${pick(["", ":81"])}`,
      path: prefix(),
      method: pick(METHODS),
      headers: Object.fromEntries(
        some(0.7, () => [`x-${pick(["a", "b"])}`, [pick(VALUES), pick(VALUES)]]),
      ),
    });
  };

  let matched = 0;
  for (let table = 0; table < 400; table += 1) {
    const routes = Array.from({ length: 1 + Math.floor(random() * 25) }, (_, index) =>
      randomRoute(index),
    );
    const router = compileRouter(routes);
    for (let round = 0; round < 40; round += 1) {
      const request = randomRequest();
      const expected = matchByTryingAll(routes, request);
      const found = router.match(request);
      assert.deepEqual(
        found && [found.route.id, found.prefixLength],
        expected && [expected.route.id, expected.prefixLength],
        JSON.stringify({
          routes,
          request,
          headers: [request.headers("x-a"), request.headers("x-b")],
        }),
      );
      if (found !== undefined) matched += 1;
    }
  }
  assert.ok(matched > 5000, `only ${matched} requests matched`);
});

interface Match {
  readonly route: RouteConfig;
  readonly prefixLength: number;
}

function matchByTryingAll(
  routes: readonly RouteConfig[],
  request: RoutingInput,
): Match | undefined {
  let best: (Match & { readonly weight: readonly number[] }) | undefined;
  for (const route of routes) {
    if (!matchesHost(route, request) || !matchesMethodAndHeaders(route, request)) continue;
    for (const path of route.paths.length > 0 ? route.paths : [""]) {
      const prefixLength = matchedLength(path, request.path);
      if (prefixLength === undefined) continue;
      const weight = weigh(route, path);
      if (best === undefined || isHigher(weight, best.weight))
        best = { route, prefixLength, weight };
    }
  }
  return best;
}

function matchesHost(route: RouteConfig, request: RoutingInput): boolean {
  if (route.hosts.length === 0) return true;
  const port = request.authority.split(":")[1] ?? "80";
  return route.hosts.some((host) => {
    const [name = "", wantedPort] = host.split(":");
    if (wantedPort !== undefined && wantedPort !== port) return false;
    const expression = name.replaceAll(".", "\\.").replace("*", ".+");
    return new RegExp(`^${expression}$`).test(request.host);
  });
}

function matchesMethodAndHeaders(route: RouteConfig, request: RoutingInput): boolean {
  if (route.methods.length > 0 && !route.methods.includes(request.method)) return false;
  return Object.entries(route.headers).every(([name, accepted]) =>
    request
      .headers(name)
      .some((value) =>
        accepted.some((each) =>
          each.startsWith("~*")
            ? new RegExp(each.slice(2), "i").test(value)
            : each.toLowerCase() === value.toLowerCase(),
        ),
      ),
  );
}

function matchedLength(wanted: string, path: string): number | undefined {
  if (wanted.startsWith("~")) return new RegExp(`^(?:${wanted.slice(1)})`).exec(path)?.[0].length;
  const isBorder = wanted === "" || wanted.endsWith("/") || path.length === wanted.length;
  if (!path.startsWith(wanted)) return undefined;
  return isBorder || path[wanted.length] === "/" ? wanted.length : undefined;
}

function weigh(route: RouteConfig, path: string): readonly number[] {
  const headers = Object.keys(route.headers);
  const isRegex = path.startsWith("~");
  return [
    Math.sign(route.hosts.length) +
      Math.sign(route.paths.length) +
      Math.sign(route.methods.length) +
      Math.sign(headers.length),
    route.hosts.length > 0 && !route.hosts.join("").includes("*") ? 1 : 0,
    headers.length,
    isRegex ? 1 : 0,
    isRegex ? route.regexPriority : 0,
    isRegex ? 0 : path.length,
  ];
}

function isHigher(one: readonly number[], other: readonly number[]): boolean {
  const index = one.findIndex((value, at) => value !== other[at]);
  return index >= 0 && Number(one[index]) > Number(other[index]);
}
