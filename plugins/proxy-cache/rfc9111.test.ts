import assert from "node:assert/strict";
import { test } from "node:test";

import { caching, JSON_TYPE, settle, statusOf } from "./caching.testing.ts";

test("Vary: each value of the named headers has its own response", async () => {
  const gateway = await caching({}, (request) => ({
    headers: { ...JSON_TYPE, vary: "Accept-Language" },
    body: JSON.stringify(request.header("accept-language")),
  }));
  for (const language of ["de", "fr"]) {
    assert.equal(await statusOf(gateway, "/a", { "accept-language": language }), "Miss");
  }
  const hit = await gateway.request({ path: "/a", headers: { "accept-language": "de" } });
  assert.deepEqual([hit.header("x-cache-status"), hit.json()], ["Hit", "de"]);
});

test("conditional requests are answered with 304 from what is kept", async () => {
  const modified = "Fri, 01 Nov 2024 08:00:00 GMT";
  const gateway = await caching({}, () => ({
    headers: { ...JSON_TYPE, etag: '"v1"', "last-modified": modified },
    body: "{}",
  }));
  await gateway.request();
  const ask = async (headers: Record<string, string>): Promise<number> =>
    (await gateway.request({ headers })).status;
  assert.equal(await ask({ "if-none-match": '"v0", W/"v1"' }), 304);
  assert.equal(await ask({ "if-none-match": '"v2"' }), 200);
  assert.equal(await ask({ "if-modified-since": modified }), 304);
  assert.equal(await ask({ "if-modified-since": "Fri, 01 Nov 2024 07:00:00 GMT" }), 200);
  const confirmed = await gateway.request({ headers: { "if-none-match": '"v1"' } });
  assert.equal(confirmed.header("etag"), '"v1"');
  assert.equal(confirmed.text(), "");
  assert.equal(gateway.upstream.requests.length, 1);
});

test("an old response is confirmed by the upstream, which sends it no more", async () => {
  const gateway = await caching({ cache_ttl: 1 }, (request) =>
    request.header("if-none-match") === '"v1"'
      ? { status: 304, headers: { etag: '"v1"', "x-new": "1" } }
      : { headers: { ...JSON_TYPE, etag: '"v1"' }, body: '{"whole":true}' },
  );
  await gateway.request({ path: "/a?b=1" });
  await gateway.advance(1000);
  const confirmed = await gateway.request({ path: "/a?b=1" });
  assert.equal(confirmed.header("x-cache-status"), "Refresh");
  assert.deepEqual(confirmed.json(), { whole: true });
  assert.equal(confirmed.header("x-new"), "1");
  assert.equal(gateway.upstream.requests[1]?.query, "b=1");
  assert.equal(await statusOf(gateway, "/a?b=1"), "Hit");
  assert.equal(gateway.upstream.requests.length, 2);
});

test("stale_while_revalidate: served at once, and renewed behind it", async () => {
  const gateway = await caching({ cache_ttl: 1, stale_while_revalidate: 10 });
  await gateway.request();
  await gateway.advance(1500);
  const stale = await gateway.request();
  assert.equal(stale.header("x-cache-status"), "Hit");
  assert.equal(stale.text(), '{"n":1}');
  await settle();
  assert.equal(gateway.upstream.requests.length, 2);
  assert.equal((await gateway.request()).text(), '{"n":2}');
});

test("stale_if_error: an upstream that fails leaves the old response good for a while", async () => {
  const gateway = await caching({ cache_ttl: 1, stale_if_error: 10 }, (_, count) =>
    count === 1 ? { headers: JSON_TYPE, body: "{}" } : { status: 503 },
  );
  await gateway.request();
  await gateway.advance(2000);
  const stale = await gateway.request();
  assert.deepEqual([stale.status, stale.header("x-cache-status")], [200, "Hit"]);
  await gateway.advance(20_000);
  assert.equal((await gateway.request()).status, 503);
});

test("cache_control: freshness and wishes as in RFC 9111", async () => {
  const gateway = await caching({ cache_control: true }, (request, count) => ({
    headers: { ...JSON_TYPE, "cache-control": new URLSearchParams(request.query).get("cc") ?? "" },
    body: `{"n":${count}}`,
  }));
  const of = (cc: string): string => `/a?cc=${encodeURIComponent(cc)}`;
  assert.equal(await statusOf(gateway, of("max-age=10")), "Miss");
  assert.equal(await statusOf(gateway, of("max-age=10")), "Hit");
  assert.equal(
    await statusOf(gateway, of("max-age=10"), { "cache-control": "no-cache" }),
    "Refresh",
  );
  assert.equal(
    await statusOf(gateway, of("max-age=10"), { "cache-control": "no-store" }),
    "Bypass",
  );
  await gateway.advance(3000);
  assert.equal(
    await statusOf(gateway, of("max-age=10"), { "cache-control": "max-age=2" }),
    "Refresh",
  );
  assert.equal(
    await statusOf(gateway, of("max-age=10"), { "cache-control": "min-fresh=60" }),
    "Refresh",
  );
  assert.equal(await statusOf(gateway, of("s-maxage=1, max-age=60")), "Miss");
  await gateway.advance(2000);
  assert.equal(await statusOf(gateway, of("s-maxage=1, max-age=60")), "Refresh");
  const absent = await gateway.request({
    path: "/never",
    headers: { "cache-control": "only-if-cached" },
  });
  assert.equal(absent.status, 504);
});

test("a method that changes something takes what is kept away, if it succeeds", async () => {
  const gateway = await caching({}, (request, count) => ({
    status: request.header("x-fails") === undefined ? 200 : 409,
    headers: JSON_TYPE,
    body: `{"n":${count}}`,
  }));
  await gateway.request({ path: "/a" });
  await gateway.request({ method: "PUT", path: "/a", headers: { "x-fails": "1" } });
  assert.equal(await statusOf(gateway, "/a"), "Hit");
  await gateway.request({ method: "DELETE", path: "/a" });
  assert.equal(await statusOf(gateway, "/a"), "Miss");
});
