import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PatternError } from "./pattern/pattern.ts";
import { compileRouter } from "./router.ts";
import { requestOf, routeOf } from "./routing.testing.ts";
import type { RequestParts, RouteParts } from "./routing.testing.ts";

/** Names of routes, best first where several match, with the request and the expected name. */
const CASES: readonly {
  readonly rule: string;
  readonly routes: Readonly<Record<string, RouteParts>>;
  readonly requests: readonly (readonly [request: RequestParts, expected: string | undefined])[];
}[] = [
  {
    rule: "a prefix matches at the borders of segments only (P10)",
    routes: { admin: { paths: ["/admin"] } },
    requests: [
      [{ path: "/admin" }, "admin"],
      [{ path: "/admin/" }, "admin"],
      [{ path: "/admin/x" }, "admin"],
      [{ path: "/adminx" }, undefined],
      [{ path: "/" }, undefined],
    ],
  },
  {
    rule: "a prefix that ends in a slash needs it",
    routes: { admin: { paths: ["/admin/"] } },
    requests: [
      [{ path: "/admin/" }, "admin"],
      [{ path: "/admin/x" }, "admin"],
      [{ path: "/admin" }, undefined],
    ],
  },
  {
    rule: "the longer prefix wins, whatever the order",
    routes: { root: { paths: ["/"] }, api: { paths: ["/api"] }, v1: { paths: ["/api/v1"] } },
    requests: [
      [{ path: "/api/v1/x" }, "v1"],
      [{ path: "/api/v2" }, "api"],
      [{ path: "/apis" }, "root"],
    ],
  },
  {
    rule: "each path of a route competes with its own length",
    routes: { both: { paths: ["/a", "/b/c/d"] }, b: { paths: ["/a/b"] } },
    requests: [
      [{ path: "/a/b" }, "b"],
      [{ path: "/b/c/d" }, "both"],
    ],
  },
  {
    rule: "more kinds of attributes come first",
    routes: {
      path: { paths: ["/api/v1/users"] },
      method: { paths: ["/api"], methods: ["GET"] },
      host: { paths: ["/"], methods: ["GET"], hosts: ["*.example.com"] },
    },
    requests: [
      [{ path: "/api/v1/users", host: "www.example.com" }, "host"],
      [{ path: "/api/v1/users", host: "example.com" }, "method"],
      [{ path: "/api/v1/users", method: "POST" }, "path"],
    ],
  },
  {
    rule: "plain hosts come before wildcards, and before longer paths",
    routes: {
      wildcard: { hosts: ["*.example.com"], paths: ["/longer/path"] },
      plain: { hosts: ["www.example.com"], paths: ["/"] },
    },
    requests: [
      [{ host: "www.example.com", path: "/longer/path" }, "plain"],
      [{ host: "api.example.com", path: "/longer/path" }, "wildcard"],
    ],
  },
  {
    rule: "wildcards stand for one or more labels on their side",
    routes: { left: { hosts: ["*.example.com"] }, right: { hosts: ["shop.*"] } },
    requests: [
      [{ host: "a.b.example.com" }, "left"],
      [{ host: "shop.co.uk" }, "right"],
      [{ host: "example.com" }, undefined],
      [{ host: "badexample.com" }, undefined],
      [{ host: "shop." }, undefined],
      [{ host: "shop" }, undefined],
    ],
  },
  {
    rule: "a host with a port asks for that port, and one without for any",
    routes: {
      port: { hosts: ["example.com:8443"] },
      any: { hosts: ["example.com"] },
      wild: { hosts: ["*.example.org:80"] },
    },
    requests: [
      [{ host: "example.com", authority: "Example.com:8443" }, "port"],
      [{ host: "example.com", authority: "example.com:80" }, "any"],
      [{ host: "a.example.org", authority: "a.example.org" }, "wild"],
      [{ host: "a.example.org", authority: "a.example.org:81" }, undefined],
    ],
  },
  {
    rule: "more headers come first, and all must match",
    routes: {
      one: { headers: { "x-a": ["1", "2"] } },
      two: { headers: { "x-a": ["1"], "x-b": ["~*^v\\d+$"] } },
    },
    requests: [
      [{ headers: { "x-a": ["1"], "x-b": ["V12"] } }, "two"],
      [{ headers: { "x-a": ["1"], "x-b": ["w"] } }, "one"],
      [{ headers: { "x-a": ["9", "2"] } }, "one"],
      [{ headers: { "x-a": ["9"] } }, undefined],
      [{}, undefined],
    ],
  },
  {
    rule: "header values match without regard to case",
    routes: { beta: { headers: { "x-group": ["Beta"] } } },
    requests: [[{ headers: { "x-group": ["bETA"] } }, "beta"]],
  },
  {
    rule: "regular expressions come before prefixes, by regex_priority, then by order",
    routes: {
      prefix: { paths: ["/users/long/prefix"] },
      digits: { paths: ["~/users/\\d+$"] },
      first: { paths: ["~/users/[^/]+"] },
      second: { paths: ["~/users/.*"] },
      urgent: { paths: ["~/users/9"], regexPriority: 5 },
    },
    requests: [
      [{ path: "/users/12" }, "digits"],
      [{ path: "/users/long/prefix" }, "first"],
      [{ path: "/users/" }, "second"],
      [{ path: "/users/9" }, "urgent"],
    ],
  },
  {
    rule: "regular expressions are anchored at the start only",
    routes: { users: { paths: ["~/users"] } },
    requests: [
      [{ path: "/users/1" }, "users"],
      [{ path: "/usersx" }, "users"],
      [{ path: "/a/users" }, undefined],
    ],
  },
  {
    rule: "the earlier of two equal routes wins",
    routes: { first: { paths: ["/a"] }, second: { paths: ["/a"] } },
    requests: [[{ path: "/a" }, "first"]],
  },
  {
    rule: "methods are case-sensitive and alone suffice",
    routes: { writes: { methods: ["POST", "PUT"] } },
    requests: [
      [{ method: "PUT" }, "writes"],
      [{ method: "put" }, undefined],
      [{ method: "GET" }, undefined],
    ],
  },
  {
    rule: "falls back to a lower ranked route when the better one wants another method",
    routes: { post: { paths: ["/a"], methods: ["POST"] }, get: { paths: ["/"] } },
    requests: [[{ path: "/a" }, "get"]],
  },
];

describe("compileRouter", () => {
  for (const { rule, routes, requests } of CASES) {
    test(rule, () => {
      const router = compileRouter(Object.entries(routes).map(([id, parts]) => routeOf(id, parts)));
      for (const [request, expected] of requests) {
        const match = router.match(requestOf(request));
        assert.equal(match?.route.id, expected, JSON.stringify(request));
      }
    });
  }

  test("tells how much of the path was matched", () => {
    const router = compileRouter([
      routeOf("prefix", { paths: ["/api/v1"] }),
      routeOf("slash", { paths: ["/files/"] }),
      routeOf("regex", { paths: ["~/users/\\d+"] }),
      routeOf("none", { methods: ["GET"] }),
    ]);
    const lengths = ["/api/v1/x", "/files/a", "/users/123/orders", "/other"].map(
      (path) => router.match(requestOf({ path }))?.prefixLength,
    );
    assert.deepEqual(lengths, [7, 7, 10, 0]);
  });

  test("names like those of Object's own members are plain names", () => {
    const router = compileRouter([routeOf("a", { hosts: ["constructor"], paths: ["/__proto__"] })]);
    assert.equal(router.match(requestOf({ host: "__proto__", path: "/toString" })), undefined);
    const found = router.match(requestOf({ host: "constructor", path: "/__proto__" }));
    assert.equal(found?.route.id, "a");
  });

  test("refuses a regular expression that does not compile", () => {
    assert.throws(() => compileRouter([routeOf("a", { paths: ["~/("] })]), PatternError);
  });

  test("costs about the same for ten thousand routes as for ten", () => {
    const routesOf = (count: number): Parameters<typeof compileRouter>[0] =>
      Array.from({ length: count }, (_, index) => [
        routeOf(`p${index}`, { paths: [`/team-${index}/api`] }),
        routeOf(`h${index}`, { hosts: [`h${index}.example.com`], paths: ["/api"] }),
        routeOf(`r${index}`, { paths: [`~/regex-${index}/\\d+`] }),
      ]).flat();
    let headersRead = 0;
    const request = {
      ...requestOf({ host: "h7.example.com", path: "/regex-7/42" }),
      headers: (): readonly string[] => {
        headersRead += 1;
        return [];
      },
    };
    const nsPerMatch = (router: ReturnType<typeof compileRouter>): number => {
      const started = performance.now();
      for (let round = 0; round < 50_000; round += 1) router.match(request);
      return (performance.now() - started) * 20;
    };
    const [few, many] = [compileRouter(routesOf(10)), compileRouter(routesOf(3334))];
    assert.equal(many.match(request)?.route.id, "r7");
    assert.equal(headersRead, 0);
    nsPerMatch(few);
    nsPerMatch(many);
    // Trying each of the regular expressions would be a factor of hundreds.
    const ratio = nsPerMatch(many) / nsPerMatch(few);
    assert.ok(ratio < 20, `${ratio} times the cost`);
  });
});
