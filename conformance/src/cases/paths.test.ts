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
  ["P6", "/a/..;/admin/x"],
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

test("P8 paths: paths are case-sensitive", async () => {
  await used.gateway.get("/ADMIN");
  assert.equal((await used.upstream.request()).target, "/open/ADMIN");
});
