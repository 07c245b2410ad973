// One path for routing, policies and the upstream: normalised once, forwarded as it was judged.
import assert from "node:assert/strict";
import { test } from "node:test";

import { get, head } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => ({
  config: config({
    services: [
      service("open", port, "/", { url: `http://127.0.0.1:${port}/open` }),
      service("guarded", port, "/admin", { url: `http://127.0.0.1:${port}/guarded` }),
      {
        name: "hosted",
        url: `http://127.0.0.1:${port}/hosted`,
        routes: [{ paths: ["/"], hosts: ["Hosted.test", "*.wild.test"] }],
      },
      {
        name: "stripping",
        url: `http://127.0.0.1:${port}/stripped`,
        routes: [{ paths: ["~/api"] }],
      },
      {
        name: "pattern",
        url: `http://127.0.0.1:${port}/pattern`,
        routes: [{ paths: ["~/(a+)+x$", "~/(?:b|bb)*y$"] }],
      },
    ],
  }),
}));

/** Refused outright, or judged as what the upstream would make of it: never served as the open route. */
for (const [id, target] of [
  ["P1", "//admin/x"],
  ["P1", "/.//admin/x"],
  ["P1", "http://gw.test//admin/x"],
  ["P2", "/a/../admin"],
  ["P2", "/a/%2e%2e/admin"],
  ["P2", "/a/.%2E/admin"],
  ["P2", "/./admin"],
  ["P4", "/%61dmin"],
  ["P7", "/\\admin"],
]) {
  test(`${id} paths: ${target} does not get round the route on /admin`, async () => {
    const response = await used.gateway.ask(head(`GET ${target} HTTP/1.1`, "Host: gw.test"));
    if (response.status === 400) return;
    assert.equal(response.status, 200);
    assert.match((await used.upstream.request()).target, /^\/guarded\/admin/);
  });
}

for (const [id, target] of [
  ["P3", "/admin%2fx"],
  ["P3", "/a%2f..%2fadmin"],
  ["P3", "/a%5cadmin"],
  ["P3", "/admin%2Fx"],
  ["P3", "/%2Fadmin/x"],
  ["P3", "/a/%2e%2e%2fadmin/x"],
  ["P3", "/a%5c..%5cadmin/x"],
  ["P3", "/a/..%2f..%2f..%2fadmin"],
  ["P6", "/a/..;/admin/x"],
  ["P6", "/a/..;x=1/admin/x"],
  ["P6", "/a/%2e%2e;/admin/x"],
  ["P6", "/a/..%3B/admin/x"],
  ["P6", "/admin;a=1/x"],
  ["P6", "/admin%3ba=1/x"],
  ["P6", "/;/admin/x"],
  ["P7", "/admin\\x"],
  ["P7", "/a/..\\admin"],
  ["P9", "/%"],
  ["P9", "/a%7f"],
  ["P9", "/a%c0%afadmin"],
  ["P9", "/%c0%ae%c0%ae/admin"],
  ["P9", "/a%e0%80%af"],
  ["P9", "/caf\xe9"],
  ["P9", "/a%00"],
  ["P9", "/a%0d%0aX:1"],
  ["P9", "/a%"],
  ["P9", "/a%zz"],
]) {
  test(`${id} paths: ${target} is 400`, async () => {
    const response = await used.gateway.ask(get(target ?? ""));
    assert.equal(response.status, 400);
    assert.equal(used.upstream.requests.length, 0);
  });
}

test("P5 paths: a double encoding is never decoded twice", async () => {
  assert.equal((await used.gateway.get("/%2561dmin")).status, 200);
  assert.equal((await used.upstream.request()).target, "/open/%2561dmin");
});

test("P2 paths: the resolved path is the one that goes upstream", async () => {
  await used.gateway.get("/a/b/../c/./d?e=../f");
  assert.equal((await used.upstream.request()).target, "/open/a/c/d?e=../f");
});

test("P6 paths: parameters that hide nothing pass as they are", async () => {
  for (const path of ["/a;v=1/b", "/admin/a;v=1;w=2"]) {
    assert.equal((await used.gateway.get(path)).status, 200);
  }
  const targets = [await used.upstream.request(0), await used.upstream.request(1)];
  assert.deepEqual(
    targets.map(({ target }) => target),
    ["/open/a;v=1/b", "/guarded/admin/a;v=1;w=2"],
  );
});

test("P2 paths: no number of dot segments climbs over the root", async () => {
  assert.equal((await used.gateway.get("/../../%2e%2e/.%2E/a")).status, 200);
  assert.equal((await used.upstream.request()).target, "/open/a");
});

for (const host of [
  "hosted.test",
  "HOSTED.TEST",
  "hosted.test.",
  "Hosted.Test:8080",
  "A.WILD.test",
]) {
  test(`P8 paths: host ${host} is the same in any case, with a final dot and a port`, async () => {
    assert.equal((await used.gateway.ask(head("GET /x HTTP/1.1", `Host: ${host}`))).status, 200);
    assert.equal((await used.upstream.request()).target, "/hosted/x");
  });
}

test("P10 paths: a prefix matches at the border of a segment only", async () => {
  for (const path of ["/adminx", "/admin.x", "/admin-"]) {
    assert.equal((await used.gateway.get(path)).status, 200);
  }
  for (const request of used.upstream.requests) assert.match(request.target, /^\/open\/admin/);
});

for (const path of ["/api../x", "/api..", "/api..%2Fx", "/api..;/x", "/api/../../x/../api../y"]) {
  test(`P10 paths: what strip_path leaves of ${path} does not climb`, async () => {
    assert.equal((await used.gateway.get(path)).status, 400);
    assert.equal(used.upstream.requests.length, 0);
  });
}

test("P11 paths: a pattern that backtracks for ever elsewhere answers at once", async () => {
  const startedAt = performance.now();
  for (const letter of ["a", "b"]) {
    assert.equal((await used.gateway.get(`/${letter.repeat(7_000)}!`)).status, 200);
  }
  assert.ok(performance.now() - startedAt < 1_000);
  for (const request of used.upstream.requests) assert.match(request.target, /^\/open\//);
});

test("P11 paths: a target of 9 KB is 414", async () => {
  assert.equal((await used.gateway.get(`/${"a".repeat(9_000)}`)).status, 414);
  assert.equal(used.upstream.requests.length, 0);
});

test("P8 paths: paths are case-sensitive", async () => {
  await used.gateway.get("/ADMIN");
  assert.equal((await used.upstream.request()).target, "/open/ADMIN");
});
