// proxy-cache: what is kept, for whom, and what the upstream is asked of it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, get } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";
import type { UpstreamRequest } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => {
  const cached = (name: string, fields: Entry, ...more: Entry[]): Entry =>
    service(name, port, `/${name}`, {
      plugins: [{ name: "proxy-cache", config: { strategy: "memory", ...fields } }, ...more],
    });
  return {
    flags: ["--admin-listen", "127.0.0.1:0"],
    config: config({
      services: [
        cached("plain", {}),
        cached("rfc", { cache_control: true }),
        cached("own", { cache_control: true }, { name: "key-auth" }),
        cached(
          "swr-own",
          { cache_control: true, stale_while_revalidate: 60 },
          { name: "key-auth" },
        ),
        cached("swr", { cache_control: true, stale_while_revalidate: 60 }),
        cached("short", { cache_ttl: 1, stale_if_error: 60 }),
        cached("limited", {}, { name: "rate-limiting", config: { hour: 100 } }),
        cached("keyed", {}, { name: "key-auth", config: { hide_credentials: true } }),
        {
          name: "stripped",
          url: `http://127.0.0.1:${port}/base`,
          routes: [{ name: "stripped", paths: ["/stripped"] }],
          plugins: [{ name: "proxy-cache", config: { strategy: "memory", cache_control: true } }],
        },
      ],
      consumers: [
        { username: "alice", keyauth_credentials: [{ key: "alice-key" }] },
        { username: "bob", keyauth_credentials: [{ key: "bob-key" }] },
      ],
    }),
  };
});

/** Answers each request with its number. */
function counting(...lines: string[]): void {
  let count = 0;
  used.upstream.answer = (_, connection) =>
    void connection.send(
      reply("200 OK", `{"n":${++count}}`, "Content-Type: application/json", ...lines),
    );
}

async function statusOf(path: string, ...lines: string[]): Promise<string | undefined> {
  return (await used.gateway.get(path, ...lines)).header("x-cache-status");
}

test("proxy-cache: Miss, then Hit with age and key; other plugins' headers are those of now", async () => {
  counting("X-Own: yes");
  const miss = await used.gateway.get("/limited/a");
  assert.equal(miss.header("x-cache-status"), "Miss");
  assert.equal(miss.header("ratelimit-remaining"), "99");
  const hit = await used.gateway.get("/limited/a");
  assert.equal(hit.header("x-cache-status"), "Hit");
  assert.equal(hit.header("ratelimit-remaining"), "98");
  assert.equal(hit.header("x-own"), "yes");
  assert.match(hit.header("age") ?? "", /^\d$/);
  assert.equal(hit.header("x-cache-key"), miss.header("x-cache-key"));
  assert.notEqual(hit.header("x-request-id"), miss.header("x-request-id"));
  assert.equal(hit.text, miss.text);
  assert.equal(used.upstream.requests.length, 1);
});

test("K1 proxy-cache: what is one client's own is not kept", async () => {
  for (const line of [
    "Set-Cookie: a=b",
    "Cache-Control: private",
    "Cache-Control: no-store",
    "Vary: *",
  ]) {
    counting(line);
    const path = `/plain/own/${encodeURIComponent(line)}`;
    assert.deepEqual([await statusOf(path), await statusOf(path)], ["Bypass", "Bypass"], line);
  }
});

test("K1 proxy-cache: consumers and credentials have their own, also when the credential is hidden", async () => {
  counting();
  const bodies = new Set<string>();
  for (const key of ["alice-key", "bob-key"]) {
    bodies.add((await used.gateway.get("/keyed/a", `apikey: ${key}`)).text);
    const hit = await used.gateway.get("/keyed/a", `apikey: ${key}`);
    assert.equal(hit.header("x-cache-status"), "Hit");
    bodies.add(hit.text);
  }
  for (const token of ["a", "b"]) {
    bodies.add((await used.gateway.get("/plain/token", `Authorization: Bearer ${token}`)).text);
  }
  assert.equal(bodies.size, 4);
  assert.equal((await used.gateway.get("/keyed/a")).status, 401);
});

test("K1 proxy-cache: an old response is renewed in the name of the one whose it is", async () => {
  counting("Cache-Control: max-age=0");
  for (const path of ["/own/a", "/own/a", "/swr-own/a", "/swr-own/a"]) {
    await used.gateway.get(path, "apikey: alice-key", "X-Consumer-Username: root");
  }
  await used.upstream.request(3);
  for (const request of used.upstream.requests) {
    assert.deepEqual(request.all("x-consumer-username"), ["alice"]);
    assert.equal(request.all("x-credential-identifier").length, 1);
  }
});

test("K2 proxy-cache: headers outside of the key do not go on; a GET with a body is not answered", async () => {
  counting();
  await used.gateway.get("/plain/unkeyed", "X-Original-URL: /evil", "X-Forwarded-Host: evil.test");
  const [sent] = used.upstream.requests;
  assert.equal(sent?.header("x-original-url"), undefined);
  assert.notEqual(sent?.header("x-forwarded-host"), "evil.test");
  const fat = await used.gateway.ask(
    "GET /plain/unkeyed HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\nx",
  );
  assert.equal(fat.header("x-cache-status"), "Bypass");
});

test("K2 proxy-cache: another port or spelling of the host is another key", async () => {
  counting();
  const hosts = ["gw.test:99", "gw.test", "gw.test.", "gw.test:98"];
  const bodies = new Set<string>();
  for (const host of hosts) {
    const bytes = `GET /plain/host HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    bodies.add((await ask(used.gateway.proxyPort, bytes)).text);
  }
  assert.equal(bodies.size, hosts.length);
});

test("K2 proxy-cache: nor do they when an old response is renewed, in whatever spelling", async () => {
  const lines = ["Cache-Control: max-age=0", "Content-Type: text/plain"];
  const evil = ["X-Original-URL: /evil", "X_Rewrite_Url: /evil", "X-HTTP-Method-Override: PUT"];
  for (const path of ["/rfc/renewed", "/rfc/renewed", "/swr/renewed", "/swr/renewed"]) {
    used.upstream.answer = (_, connection) => void connection.send(reply("200 OK", "a", ...lines));
    await used.gateway.get(path, ...evil);
  }
  await used.upstream.request(3);
  for (const { headText } of used.upstream.requests) assert.doesNotMatch(headText, /evil|PUT/);
});

test("K1 proxy-cache: a second Authorization makes another client", async () => {
  counting();
  const line = "Authorization: Bearer";
  const bodies = await Promise.all(
    ["a", "b", "c"].map((token) => used.gateway.get("/plain/two", `${line} a`, `${line} ${token}`)),
  );
  assert.equal(new Set(bodies.map(({ text }) => text)).size, 3);
});

test("K3 proxy-cache: a part is not the whole, and a HEAD is no GET", async () => {
  used.upstream.answer = (request, connection) =>
    void connection.send(
      request.method === "HEAD"
        ? "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
        : request.header("range") === undefined
          ? reply("200 OK", "whole", "Content-Type: text/plain")
          : reply(
              "206 Partial Content",
              "wh",
              "Content-Type: text/plain",
              "Content-Range: bytes 0-1/5",
            ),
    );
  assert.equal((await used.gateway.get("/plain/part", "Range: bytes=0-1")).status, 206);
  const head = await used.gateway.ask(
    "HEAD /plain/part HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
  );
  assert.equal(head.header("x-cache-status"), "Miss");
  const whole = await used.gateway.get("/plain/part");
  assert.deepEqual([whole.header("x-cache-status"), whole.text], ["Miss", "whole"]);
});

test("K3 proxy-cache: a part that says it is all is not kept", async () => {
  counting("Content-Range: bytes 0-6/100");
  assert.deepEqual(
    [await statusOf("/plain/all"), await statusOf("/plain/all")],
    ["Bypass", "Bypass"],
  );
});

test("U3 K3 proxy-cache: a body that was cut is not kept", async () => {
  let isCut = true;
  used.upstream.answer = (_, connection) => {
    if (!isCut) return void connection.send(reply("200 OK", "whole", "Content-Type: text/plain"));
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nwh");
    connection.end();
  };
  await used.gateway.get("/plain/cut").catch(() => undefined);
  isCut = false;
  const whole = await used.gateway.get("/plain/cut");
  assert.deepEqual([whole.header("x-cache-status"), whole.text], ["Miss", "whole"]);
  assert.equal(await statusOf("/plain/cut"), "Hit");
});

test("K4 proxy-cache: of 64 clients at a time one asks the upstream", async () => {
  let release = (): void => undefined;
  used.upstream.answer = (_, connection) => {
    release = () => void connection.send(reply("200 OK", "one", "Content-Type: text/plain"));
  };
  const path = "/plain/stampede";
  const first = used.gateway.get(path);
  await used.upstream.request();
  const others = Array.from({ length: 63 }, () => ask(used.gateway.proxyPort, get(path)));
  release();
  for (const answer of await Promise.all([first, ...others])) assert.equal(answer.text, "one");
  assert.equal(used.upstream.requests.length, 1);
});

test("proxy-cache: conditional requests get 304 from what is kept", async () => {
  counting('ETag: "v1"');
  await used.gateway.get("/plain/etag");
  const confirmed = await used.gateway.get("/plain/etag", 'If-None-Match: "v1"');
  assert.deepEqual([confirmed.status, confirmed.text], [304, ""]);
  assert.equal(confirmed.header("etag"), '"v1"');
  assert.equal((await used.gateway.get("/plain/etag", 'If-None-Match: "v2"')).status, 200);
  assert.equal(used.upstream.requests.length, 1);
});

test("proxy-cache: an old response is confirmed at the service's own path, with the client's headers", async () => {
  const seen: UpstreamRequest[] = [];
  used.upstream.answer = (request, connection) => {
    seen.push(request);
    const lines = ['ETag: "v1"', "Cache-Control: no-cache", "Content-Type: text/plain"];
    const isKnown = request.header("if-none-match") === '"v1"';
    connection.send(
      isKnown
        ? `HTTP/1.1 304 Not Modified\r\n${lines.join("\r\n")}\r\n\r\n`
        : reply("200 OK", "kept", ...lines),
    );
  };
  assert.equal(await statusOf("/stripped/a?b=1", "X-Own: 1"), "Miss");
  const confirmed = await used.gateway.get("/stripped/a?b=1", "X-Own: 1");
  assert.deepEqual([confirmed.header("x-cache-status"), confirmed.text], ["Refresh", "kept"]);
  assert.deepEqual(
    seen.map(({ target }) => target),
    ["/base/a?b=1", "/base/a?b=1"],
  );
  assert.equal(seen[1]?.header("x-own"), "1");
  assert.equal(seen[1]?.all("if-none-match").length, 1);
});

test("proxy-cache: stale-while-revalidate is served at once, and the new one comes behind it", async () => {
  counting("Cache-Control: max-age=0, stale-while-revalidate=60");
  assert.equal((await used.gateway.get("/rfc/swr")).text, '{"n":1}');
  const stale = await used.gateway.get("/rfc/swr");
  assert.deepEqual([stale.header("x-cache-status"), stale.text], ["Hit", '{"n":1}']);
  await used.upstream.request(1);
});

test("proxy-cache: stale-if-error keeps an old response good while the upstream fails", async () => {
  counting("Cache-Control: max-age=0, stale-if-error=60", 'ETag: "v1"');
  await used.gateway.get("/rfc/sie");
  used.upstream.answer = (_, connection) => connection.reset();
  const stale = await used.gateway.get("/rfc/sie");
  assert.deepEqual([stale.status, stale.text], [200, '{"n":1}']);
});

test("proxy-cache: Vary keeps one response for each value", async () => {
  used.upstream.answer = (request, connection) =>
    void connection.send(
      reply(
        "200 OK",
        request.header("accept-language") ?? "",
        "Content-Type: text/plain",
        "Vary: Accept-Language",
      ),
    );
  for (const language of ["de", "fr"]) {
    assert.equal(await statusOf("/plain/vary", `Accept-Language: ${language}`), "Miss");
  }
  const hit = await used.gateway.get("/plain/vary", "Accept-Language: de");
  assert.deepEqual([hit.header("x-cache-status"), hit.text], ["Hit", "de"]);
});

test("proxy-cache: the admin API purges one entry, and all", async () => {
  counting();
  const [, port = ""] =
    /admin listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(used.gateway.log) ?? [];
  const purge = async (path: string): Promise<number> =>
    (
      await ask(
        Number(port),
        `DELETE ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
      )
    ).status;
  const key = (await used.gateway.get("/plain/purged")).header("x-cache-key") ?? "";
  await used.gateway.get("/plain/other");
  // What was served before is not remembered beyond a purge.
  assert.deepEqual(
    [await statusOf("/plain/purged"), await statusOf("/plain/other")],
    ["Hit", "Hit"],
  );
  assert.equal(await purge(`/proxy-cache/${key}`), 204);
  assert.equal(await statusOf("/plain/purged"), "Miss");
  assert.equal(await statusOf("/plain/other"), "Hit");
  assert.equal(await purge("/proxy-cache"), 204);
  assert.equal(await statusOf("/plain/other"), "Miss");
});
