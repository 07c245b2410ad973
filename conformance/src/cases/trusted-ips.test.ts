// Clients behind other proxies: who is believed about them, and what plugins, logs and upstreams get to know.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";

import { get } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import type { Fixture } from "../harness/fixture.ts";
import type { GatewayOptions } from "../harness/gateway.ts";
import { sluice } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";
import { reply } from "../harness/upstream.ts";
import type { UpstreamRequest } from "../harness/upstream.ts";

const scratch = await useScratch();

function gateway(name: string, setUp: Omit<GatewayOptions, "config">): Fixture {
  return useGateway(([port = 0]) => ({
    config: config({
      services: [
        service("all", port, "/"),
        service("denied", port, "/denied", {
          plugins: [
            {
              name: "ip-restriction",
              config: { deny: ["192.0.2.9", "2001:db8:bad::/48", "fe80::9"] },
            },
          ],
        }),
        service("limited", port, "/limited", {
          plugins: [{ name: "rate-limiting", config: { hour: 1, limit_by: "ip" } }],
        }),
        service("cached", port, "/cached", {
          plugins: [{ name: "proxy-cache", config: { strategy: "memory" } }],
        }),
      ],
      plugins: [{ name: "file-log", config: { path: scratch.path(name) } }],
    }),
    ...setUp,
  }));
}

async function forwarded(used: Fixture, ...lines: string[]): Promise<UpstreamRequest> {
  assert.equal((await used.gateway.ask(get("/h", ...lines))).status, 200);
  return used.upstream.request();
}

async function clientIp(used: Fixture, name: string, ...lines: string[]): Promise<string> {
  const id = (await forwarded(used, ...lines)).header("x-request-id") ?? "";
  const line = await eventually(async () => {
    const text = await readFile(scratch.path(name), "utf8").catch(() => "");
    return text.split("\n").find((each) => each.includes(id));
  }, `the record of ${id}`);
  return (JSON.parse(line) as { client_ip: string }).client_ip;
}

const SPOOFED = [
  "X-Forwarded-For: 6.6.6.6",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: evil.test",
  "X-Forwarded-Port: 1",
  "X-Forwarded-Path: /evil",
  "X-Forwarded-Prefix: /evil",
  "X-Forwarded-Uri: /evil",
  "Forwarded: for=6.6.6.6;proto=https;host=evil.test",
  "X-Real-IP: 6.6.6.6",
];

describe("trusted_ips of somebody else", () => {
  const used = gateway("strangers", {
    flags: ["--trusted-ips", "10.0.0.0/8,::1", "--forwarded-header", "on"],
  });

  test("T1 trusted-ips: forwarding headers of an untrusted peer are replaced", async () => {
    const request = await forwarded(used, ...SPOOFED);
    assert.equal(request.header("x-forwarded-for"), "127.0.0.1");
    assert.equal(request.header("x-real-ip"), "127.0.0.1");
    assert.equal(request.header("x-forwarded-proto"), "http");
    assert.equal(request.header("x-forwarded-host"), "gw.test");
    assert.equal(request.header("x-forwarded-path"), "/h");
    assert.equal(request.header("forwarded"), "for=127.0.0.1;host=gw.test;proto=http");
    assert.ok(!/evil|6\.6\.6\.6/.test(request.headText), request.headText);
  });

  test("T1 trusted-ips: the client that plugins see is the untrusted peer", async () => {
    assert.equal(await clientIp(used, "strangers", ...SPOOFED), "127.0.0.1");
    assert.equal((await used.gateway.get("/limited", "X-Real-IP: 6.6.6.1")).status, 200);
    assert.equal((await used.gateway.get("/limited", "X-Real-IP: 6.6.6.2")).status, 429);
  });
});

describe("a trusted peer", () => {
  const used = gateway("trusted", { env: { SLUICE_TRUSTED_IPS: "127.0.0.0/8, 10.0.0.0/8" } });

  test("T1 trusted-ips: X-Forwarded-For is appended to, as one list", async () => {
    const lines = ["X-Forwarded-For: 6.6.6.6, 7.7.7.7", "x-forwarded-for: 10.0.0.9"];
    const request = await forwarded(used, ...lines);
    assert.equal(request.header("x-forwarded-for"), "6.6.6.6, 7.7.7.7, 10.0.0.9, 127.0.0.1");
    assert.equal(request.header("x-real-ip"), "127.0.0.1");
  });

  test("T1 trusted-ips: the other X-Forwarded-* are kept when they are valid", async () => {
    const request = await forwarded(
      used,
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: shop.test",
      "X-Forwarded-Port: 443",
      "X-Forwarded-Path: /shop/h",
      "X-Forwarded-Prefix: /shop",
    );
    assert.equal(request.header("x-forwarded-proto"), "https");
    assert.equal(request.header("x-forwarded-host"), "shop.test");
    assert.equal(request.header("x-forwarded-port"), "443");
    assert.equal(request.header("x-forwarded-path"), "/shop/h");
    assert.equal(request.header("x-forwarded-prefix"), "/shop");
  });

  test("K2 trusted-ips: what the upstream is told of the host is part of a cache's key", async () => {
    used.upstream.answer = (request, connection) =>
      void connection.send(
        reply("200 OK", `at ${request.header("x-forwarded-host")}`, "Content-Type: text/plain"),
      );
    for (const host of ["a.test", "b.test", "a.test"]) {
      const answer = await used.gateway.get("/cached", `X-Forwarded-Host: ${host}`);
      assert.equal(answer.text, `at ${host}`);
    }
    const hit = await used.gateway.get("/cached", "X-Forwarded-Host: b.test");
    assert.equal(hit.header("x-cache-status"), "Hit");
    assert.equal(hit.text, "at b.test");
  });

  test("T1 trusted-ips: those that are not valid are replaced", async () => {
    const request = await forwarded(
      used,
      "X-Forwarded-Proto: javascript",
      "X-Forwarded-Host: a/b",
      "X-Forwarded-Port: 99999",
      "X-Forwarded-Path: h",
      "X-Forwarded-For: <b>",
      "X-Real-IP: nobody",
    );
    assert.equal(request.header("x-forwarded-proto"), "http");
    assert.equal(request.header("x-forwarded-host"), "gw.test");
    assert.equal(request.header("x-forwarded-port"), String(used.gateway.proxyPort));
    assert.equal(request.header("x-forwarded-path"), "/h");
    assert.equal(request.header("x-forwarded-for"), "127.0.0.1");
    assert.equal(request.header("x-real-ip"), "127.0.0.1");
  });

  test("T1 trusted-ips: X-Real-IP says who the client is, to the log and to rate limiting", async () => {
    const real = "X-Real-IP: 2001:DB8::1";
    assert.equal(await clientIp(used, "trusted", real), "2001:db8::1");
    assert.equal((await used.upstream.request()).header("x-real-ip"), "2001:db8::1");
    assert.equal((await used.gateway.get("/limited", real)).status, 200);
    assert.equal((await used.gateway.get("/limited", "X-Real-IP: 2001:db8:0::1")).status, 429);
    assert.equal((await used.gateway.get("/limited", "X-Real-IP: 2001:db9::2")).status, 200);
  });

  test("R1 trusted-ips: addresses of one IPv6 network share a limit, and a mapped one is the IPv4 address", async () => {
    const statusOf = async (address: string): Promise<number> =>
      (await used.gateway.get("/limited", `X-Real-IP: ${address}`)).status;
    assert.equal(await statusOf("2001:db8:7:1::1"), 200);
    for (const address of ["2001:db8:7:1::2", "2001:db8:7:1:ffff:eeee:dddd:cccc"]) {
      assert.equal(await statusOf(address), 429, address);
    }
    assert.equal(await statusOf("2001:db8:7:2::1"), 200);
    assert.equal(await statusOf("192.0.2.77"), 200);
    for (const address of ["::ffff:192.0.2.77", "::ffff:c000:24d", "0:0:0:0:0:FFFF:C000:024D"]) {
      assert.equal(await statusOf(address), 429, address);
    }
  });

  test("R2 trusted-ips: a denied address is denied in every spelling", async () => {
    for (const address of [
      "192.0.2.9",
      "::ffff:192.0.2.9",
      "0::ffff:c000:209",
      "2001:DB8:BAD:0::1",
      "2001:0db8:0bad:0000:0000:0000:0000:0001",
      "FE80:0::9",
    ]) {
      const { status } = await used.gateway.get("/denied", `X-Real-IP: ${address}`);
      assert.equal(status, 403, address);
    }
    assert.equal((await used.gateway.get("/denied", "X-Real-IP: 192.0.2.90")).status, 200);
  });

  test("T2 trusted-ips: spellings with an underscore are never believed", async () => {
    const request = await forwarded(used, "X_Forwarded_Proto: https", "X_Real_IP: 6.6.6.6");
    assert.equal(request.header("x-forwarded-proto"), "http");
    assert.equal(request.header("x-real-ip"), "127.0.0.1");
    assert.ok(!/_|6\.6\.6\.6/.test(request.headText.replace(/^.*\r\n/, "")), request.headText);
  });

  test("T3 trusted-ips: identities are the gateway's to state even so", async () => {
    const request = await forwarded(used, "X-Consumer-ID: root", "X-Forwarded-User: root");
    assert.ok(!request.headText.includes("root"), request.headText);
  });

  test("trusted-ips: Forwarded is not sent unless it is switched on", async () => {
    assert.equal((await forwarded(used, "Forwarded: for=6.6.6.6")).header("forwarded"), undefined);
  });
});

describe("a trusted peer of two workers", () => {
  const used = gateway("workers", { flags: ["--workers=2", "--trusted-ips=127.0.0.1"] });

  test("T1 trusted-ips: is believed by both of them", async () => {
    for (let sent = 0; sent < 10; sent++) await forwarded(used, "X-Real-IP: 203.0.113.7");
    const told = used.upstream.requests.map((request) => request.header("x-real-ip"));
    assert.deepEqual(told, Array<string>(10).fill("203.0.113.7"));
  });
});

describe("X-Forwarded-For, recursively", () => {
  const used = gateway("recursive", {
    flags: [
      "--trusted-ips=127.0.0.1,10.0.0.0/8,::ffff:172.16.0.0/108",
      "--real-ip-header=x-forwarded-for",
      "--real-ip-recursive=on",
      "--forwarded-header=on",
    ],
  });

  for (const [what, list, client] of [
    ["the rightmost untrusted one", "6.6.6.6, 203.0.113.7, 172.16.3.3, 10.0.0.9", "203.0.113.7"],
    ["known with a port", "203.0.113.8:4711, 10.0.0.9:80", "203.0.113.8"],
    ["known in brackets", "[2001:db8::8]:4711", "2001:db8::8"],
    ["folded to IPv4", "6.6.6.6, ::ffff:203.0.113.9, ::ffff:10.0.0.9", "203.0.113.9"],
    ["nobody behind an unknown node", "6.6.6.6, unknown, 10.0.0.9", "127.0.0.1"],
    ["nobody behind garbage", "6.6.6.6, 10.0.0.9 10.0.0.8", "127.0.0.1"],
  ] as const) {
    test(`R3 trusted-ips: the client is ${what}: ${list}`, async () => {
      assert.equal(await clientIp(used, "recursive", `X-Forwarded-For: ${list}`), client);
      assert.equal((await used.upstream.request()).header("x-real-ip"), client);
    });
  }

  test("R3 trusted-ips: a list of 16 KB does no harm", async () => {
    const list = `6.6.6.6${", 10.0.0.9".repeat(1500)}`;
    const request = await forwarded(used, `X-Forwarded-For: ${list}, 203.0.113.7`);
    assert.equal(request.header("x-real-ip"), "203.0.113.7");
    assert.ok((request.header("x-forwarded-for") ?? "").length < 8000);
  });

  test("trusted-ips: Forwarded is made of what the peer's X-Forwarded-* say", async () => {
    const request = await forwarded(
      used,
      "X-Forwarded-For: 2001:db8::7",
      "X-Forwarded-Proto: https",
      "Forwarded: for=6.6.6.6",
    );
    assert.equal(
      request.header("forwarded"),
      'for="[2001:db8::7]";proto=https, for=127.0.0.1;host=gw.test;proto=http',
    );
  });
});

describe("Forwarded as the header that says who the client is", () => {
  const used = gateway("forwarded", {
    flags: ["--trusted-ips", "127.0.0.1", "--forwarded-header", "on"],
    env: { SLUICE_REAL_IP_HEADER: "Forwarded", SLUICE_REAL_IP_RECURSIVE: "on" },
  });

  test("R3 trusted-ips: quoted IPv6 and ports are read, and the field is appended to", async () => {
    const line = 'Forwarded: for=6.6.6.6, For="[2001:DB8::7]:4711";proto=https';
    assert.equal(await clientIp(used, "forwarded", line), "2001:db8::7");
    const request = await used.upstream.request();
    const own = "for=127.0.0.1;host=gw.test;proto=http";
    assert.equal(`Forwarded: ${request.header("forwarded")}`, `${line}, ${own}`);
    assert.equal(request.header("x-forwarded-for"), "2001:db8::7");
  });

  test("R3 trusted-ips: an open quote swallows nothing", async () => {
    const request = await forwarded(used, 'Forwarded: for="', "Forwarded: for=203.0.113.7");
    assert.equal(request.header("x-real-ip"), "203.0.113.7");
    const own = "for=127.0.0.1;host=gw.test;proto=http";
    assert.equal(request.header("forwarded"), `for=203.0.113.7, ${own}`);
  });
});

for (const [flag, value] of [
  ["--trusted-ips", "10.0.0.0/33"],
  ["--trusted-ips", "10.0.0.1,,"],
  ["--real-ip-header", "X Real"],
  ["--real-ip-recursive", "yes"],
  ["--forwarded-header", "true"],
] as const) {
  test(`trusted-ips: ${flag} ${value} is refused in one line`, async () => {
    const { code, stderr } = await sluice(["start", flag, value]);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(flag));
    assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
  });
}
