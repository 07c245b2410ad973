// request-termination, redirect, cors, ip-restriction, bot-detection, request-size-limiting: what a request never gets
// past, with Kong's statuses and messages.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => {
  const at = (path: string, name: string, fields: Entry, ...more: readonly Entry[]): Entry => ({
    name: path,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${path}-route`, paths: [`/${path}`], strip_path: false }],
    plugins: [{ name, config: fields }, ...more],
  });
  const keyAuth = { name: "key-auth" };
  return {
    config: config({
      services: [
        at("stop", "request-termination", { status_code: 403, message: "So long" }),
        at("page", "request-termination", { body: "<p>Hi</p>", content_type: "text/html" }),
        at("trigger", "request-termination", { trigger: "x-stop" }),
        at("echo", "request-termination", { echo: true, status_code: 200 }, keyAuth),
        at("away", "redirect", { location: "https://a.test/new?x=1", status_code: 308 }),
        at("keep", "redirect", { location: "https://a.test/new", keep_incoming_path: true }),
        at("open", "cors", {}, keyAuth),
        at("listed", "cors", {
          origins: ["https://a.test", "(.+\\.)?b\\.test"],
          methods: ["GET"],
          max_age: 5,
        }),
        at("delegate", "cors", { preflight_continue: true }),
        at("allow", "ip-restriction", { allow: ["127.0.0.0/30", "::1"] }),
        at("deny", "ip-restriction", { deny: ["::ffff:127.0.0.2"], status: 404, message: "No" }),
        at("bots", "bot-detection", { deny: ["^bad"], allow: ["^goodbot"] }),
        at("size", "request-size-limiting", { allowed_payload_size: 10, size_unit: "bytes" }),
        at("length", "request-size-limiting", { require_content_length: true }),
      ],
    }),
  };
});

function message(response: Response): unknown {
  return (response.json() as { message: unknown }).message;
}

function assertNotForwarded(): void {
  assert.equal(used.upstream.requests.length, 0);
}

test("request-termination: answers instead of the upstream", async () => {
  const stopped = await used.gateway.get("/stop");
  assert.equal(stopped.status, 403);
  assert.deepEqual(stopped.json(), { message: "So long" });
  const page = await used.gateway.get("/page");
  assert.deepEqual([page.status, page.text], [503, "<p>Hi</p>"]);
  assert.equal(page.header("content-type"), "text/html");
  assertNotForwarded();
});

test("request-termination: a trigger chooses the requests", async () => {
  assert.equal((await used.gateway.get("/trigger")).status, 200);
  for (const response of [
    await used.gateway.get("/trigger", "X-Stop: 1"),
    await used.gateway.get("/trigger?x-stop"),
  ]) {
    assert.equal(response.status, 503);
    assert.equal(message(response), "Service unavailable");
  }
});

test("request-termination: echo shows the request, behind other plugins", async () => {
  assert.equal((await used.gateway.get("/echo")).status, 401);
});

test("redirect: sends the location, or the incoming path at it", async () => {
  const away = await used.gateway.get("/away/7?y=2");
  assert.equal(away.status, 308);
  assert.equal(away.header("location"), "https://a.test/new?x=1");
  assert.equal(away.text, "redirecting");
  const keep = await used.gateway.get("/keep/7?y=%20");
  assert.equal(keep.status, 301);
  assert.equal(keep.header("location"), "https://a.test/keep/7?y=%20");
  assertNotForwarded();
});

test("redirect: no path becomes another host", async () => {
  const response = await used.gateway.get("/keep/..//..//evil.test/");
  const { location } = Object.fromEntries(response.headers.map(([k, v]) => [k.toLowerCase(), v]));
  if (response.status === 301) assert.match(String(location), /^https:\/\/a\.test\/[^/]/);
});

function preflight(path: string, ...lines: string[]): string {
  const asked = ["Host: gw.test", "Access-Control-Request-Method: GET", ...lines];
  return head(`OPTIONS ${path} HTTP/1.1`, ...asked);
}

test("cors: a preflight is answered before authentication", async () => {
  const response = await used.gateway.ask(
    preflight("/open", "Origin: https://x.test", "Access-Control-Request-Headers: x-a"),
  );
  assert.equal(response.status, 200);
  assert.equal(response.header("access-control-allow-origin"), "*");
  assert.equal(response.header("access-control-allow-headers"), "x-a");
  assert.match(response.header("access-control-allow-methods") ?? "", /^GET,HEAD,/);
  assert.equal(response.header("content-length"), "0");
  assertNotForwarded();
});

test("cors: the gateway's own errors can be read by the page, too", async () => {
  const response = await used.gateway.get("/open", "Origin: https://x.test");
  assert.equal(response.status, 401);
  assert.equal(response.header("access-control-allow-origin"), "*");
});

test("cors: only listed origins are said, whatever the upstream says", async () => {
  used.upstream.answer = (_request, connection) => {
    connection.send(reply("200 OK", "ok", "Access-Control-Allow-Origin: *", "Vary: Accept"));
  };
  const good = await used.gateway.get("/listed", "Origin: https://x.b.test");
  assert.equal(good.header("access-control-allow-origin"), "https://x.b.test");
  assert.deepEqual(good.all("vary"), ["Accept", "Origin"]);
  const evil = await used.gateway.get("/listed", "Origin: https://b.test.evil.test");
  assert.equal(evil.header("access-control-allow-origin"), undefined);
  assert.deepEqual(evil.all("vary"), ["Accept", "Origin"]);
});

test("cors: a preflight of another origin is told of no permission", async () => {
  const good = await used.gateway.ask(preflight("/listed", "Origin: https://a.test"));
  assert.equal(good.header("access-control-allow-origin"), "https://a.test");
  assert.equal(good.header("access-control-max-age"), "5");
  const evil = await used.gateway.ask(preflight("/listed", "Origin: https://evil.test"));
  assert.equal(evil.header("access-control-allow-origin"), undefined);
});

test("cors: preflight_continue leaves the answer to the upstream", async () => {
  const response = await used.gateway.ask(preflight("/delegate", "Origin: https://a.test"));
  assert.equal(response.header("access-control-allow-origin"), undefined);
  assert.equal((await used.upstream.request()).method, "OPTIONS");
});

async function statusFrom(address: string, path: string): Promise<number> {
  const client = await connect(used.gateway.proxyPort, address);
  try {
    return (await client.send(get(path)).response()).status;
  } finally {
    client.socket.destroy();
  }
}

test("ip-restriction: allow and deny by the client's address", async () => {
  assert.equal(await statusFrom("127.0.0.1", "/allow"), 200);
  assert.equal(await statusFrom("127.0.0.9", "/allow"), 403);
  assert.equal(await statusFrom("127.0.0.1", "/deny"), 200);
});

test("R2 ip-restriction: a mapped address in the list is the IPv4 address", async () => {
  assert.equal(await statusFrom("127.0.0.2", "/deny"), 404);
});

test("R3 ip-restriction: what a client says of its address does not count", async () => {
  const client = await connect(used.gateway.proxyPort, "127.0.0.9");
  const response = await client
    .send(get("/allow", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1"))
    .response();
  client.socket.destroy();
  assert.equal(response.status, 403);
  assert.equal(message(response), "Your IP address is not allowed");
});

test("bot-detection: bots and denied clients get 403, allowed ones pass", async () => {
  for (const [agent, status] of [
    ["Mozilla/5.0 (compatible; Googlebot/2.1)", 403],
    ["badger/1.0", 403],
    ["goodbot/1.0", 200],
    ["curl/8.5.0", 200],
  ] as const) {
    const response = await used.gateway.get("/bots", `User-Agent: ${agent}`);
    assert.equal(response.status, status, agent);
    if (status === 403) assert.equal(message(response), "Forbidden");
  }
});

test("bot-detection: two User-Agent headers are 400", async () => {
  const response = await used.gateway.get("/bots", "User-Agent: a", "User-Agent: b");
  assert.equal(response.status, 400);
  assert.equal(message(response), "Only one User-Agent header allowed");
});

test("P11 bot-detection: a long User-Agent costs no more than its beginning", async () => {
  const response = await used.gateway.get("/bots", `User-Agent: ${"a".repeat(7000)}bot`);
  assert.equal(response.status, 200);
});

function post(path: string, body: string, ...lines: string[]): string {
  const length = `Content-Length: ${body.length}`;
  return head(`POST ${path} HTTP/1.1`, "Host: gw.test", length, ...lines) + body;
}

function chunked(path: string, ...pieces: readonly string[]): string {
  const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("");
  const lines = ["Host: gw.test", "Transfer-Encoding: chunked"];
  return `${head(`POST ${path} HTTP/1.1`, ...lines)}${chunks}0\r\n\r\n`;
}

test("request-size-limiting: a stated length over the limit is 413", async () => {
  assert.equal((await used.gateway.ask(post("/size", "0123456789"))).status, 200);
  used.upstream.reset();
  const response = await used.gateway.ask(post("/size", "0123456789a"));
  assert.equal(response.status, 413);
  assert.equal(message(response), "Request size limit exceeded");
  assertNotForwarded();
});

test("request-size-limiting: who asks first with Expect gets 417", async () => {
  const lines = ["Host: gw.test", "Content-Length: 11", "Expect: 100-continue"];
  const response = await used.gateway.ask(head("POST /size HTTP/1.1", ...lines));
  assert.equal(response.status, 417);
  assertNotForwarded();
});

test("request-size-limiting: chunked bodies are counted, however they are cut", async () => {
  const fits = await used.gateway.ask(chunked("/size", "01234", "56789"));
  assert.equal(fits.status, 200);
  assert.equal((await used.upstream.request()).body.toString(), "0123456789");
  const over = await used.gateway.ask(chunked("/size", ..."0123456789a".split("")));
  assert.equal(over.status, 413);
  assert.deepEqual(over.json(), {
    message: "Request size limit exceeded",
    request_id: over.header("x-request-id"),
  });
});

test("request-size-limiting: a chunked body is refused while it comes", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(head("POST /size HTTP/1.1", "Host: gw.test", "Transfer-Encoding: chunked"));
  client.send("5\r\n01234\r\n");
  await used.upstream.until(() => used.upstream.byteCount > 0, "the request's head");
  const response = await client.send("6\r\n56789a\r\n").response("POST");
  assert.equal(response.status, 413);
  await client.rest();
  // The upstream never gets an end of it.
  assertNotForwarded();
});

test("request-size-limiting: a response that has begun is cut when the body gets too long", async () => {
  used.upstream.onHead = (_request, connection) => {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  };
  const client = await connect(used.gateway.proxyPort);
  client.send(head("POST /size HTTP/1.1", "Host: gw.test", "Transfer-Encoding: chunked"));
  client.send("5\r\n01234\r\n");
  assert.equal((await client.head("POST")).status, 200);
  const text = await client.send("6\r\n56789a\r\n").rest();
  assert.match(text, /\r\n\r\nabc$/);
});

test("request-size-limiting: require_content_length refuses what states none", async () => {
  const response = await used.gateway.ask(chunked("/length", "1"));
  assert.equal(response.status, 411);
  assert.equal(message(response), "A valid Content-Length header is required");
  assert.equal((await used.gateway.ask(post("/length", "1"))).status, 200);
});
