// What a route and a service make of path and Host: strip_path, preserve_host, base paths, URL shorthand.
import assert from "node:assert/strict";
import { test } from "node:test";

import { get, head } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => {
  const at = (name: string, base: string, route: Entry): Entry => ({
    name,
    host: "127.0.0.1",
    port,
    ...(base === "" ? {} : { path: base }),
    routes: [{ name: `${name}-route`, ...route }],
  });
  return {
    config: config({
      services: [
        at("stripped", "", { paths: ["/stripped"] }),
        at("stripped-base", "/base", { paths: ["/stripped-base"] }),
        at("kept", "", { paths: ["/kept"], strip_path: false }),
        at("kept-base", "/base/", { paths: ["/kept-base"], strip_path: false }),
        at("regex", "", { paths: ["~/regex/\\d+"] }),
        at("preserving", "", { paths: ["/preserving"], preserve_host: true }),
        at("two", "", { paths: ["/two", "/two/deeper"] }),
        {
          name: "disabled",
          url: `http://127.0.0.1:${port}`,
          enabled: false,
          routes: [{ paths: ["/disabled"] }],
        },
      ],
    }),
  };
});

for (const [what, target, expected] of [
  ["strips the prefix by default", "/stripped/a?b", "/a?b"],
  ["strips down to a slash", "/stripped", "/"],
  ["strips and prepends the service's path", "/stripped-base/a", "/base/a"],
  ["strips a whole path and keeps the service's path", "/stripped-base", "/base"],
  ["keeps the prefix without strip_path", "/kept/a", "/kept/a"],
  ["joins the service's path with one slash", "/kept-base/a", "/base/kept-base/a"],
  ["strips what a regex matched", "/regex/12/a", "/a"],
  ["strips the longest of several paths", "/two/deeper/a", "/a"],
]) {
  test(`route options: ${what}: ${target}`, async () => {
    assert.equal((await used.gateway.ask(get(target ?? ""))).status, 200);
    assert.equal((await used.upstream.request()).target, expected);
  });
}

test("route options: a stripped prefix is told in X-Forwarded-Prefix, the whole path in -Path", async () => {
  await used.gateway.get("/stripped/a?b=c");
  const request = await used.upstream.request();
  assert.equal(request.header("x-forwarded-prefix"), "/stripped");
  assert.equal(request.header("x-forwarded-path"), "/stripped/a");
});

test("route options: preserve_host sends the client's Host", async () => {
  await used.gateway.ask(head("GET /preserving HTTP/1.1", "Host: Client.test:81"));
  const request = await used.upstream.request();
  assert.equal(request.header("host")?.toLowerCase(), "client.test:81");
});

test("P10 route options: dots that strip_path leaves behind do not climb", async () => {
  const response = await used.gateway.get("/stripped/../kept/x");
  assert.equal(response.status, 200);
  assert.equal((await used.upstream.request()).target, "/kept/x");
});

test("route options: a disabled service takes nothing", async () => {
  assert.equal((await used.gateway.get("/disabled")).status, 404);
});
