// Header fields: what passes untouched, what is dropped, what the gateway adds.
import assert from "node:assert/strict";
import { test } from "node:test";

import { get } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => ({
  config: config({ services: [service("all", port, "/")] }),
}));

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$|^[0-9a-f]{32}$/;

test("T6 headers: order, case, count and values of request headers are kept", async () => {
  const lines = [
    "X-B: 1",
    "x-a: 2",
    "X-B: 3",
    "COOKIE: a=b",
    "Cookie: c=d",
    "X-Empty:",
    "Accept: a, b",
    "accept: c",
  ];
  await used.gateway.ask(get("/h", ...lines));
  const { headers } = await used.upstream.request();
  const passed = headers.filter(([name]) => /^(x-a|x-b|cookie|x-empty|accept)$/i.test(name));
  assert.deepEqual(
    passed.map(([name, value]) => `${name}: ${value}`.trim()),
    lines.map((line) => line.trim()),
  );
});

test("T6 headers: order, case and count of response headers are kept, Set-Cookie too", async () => {
  const lines = ["X-B: 1", "x-a: 2", "Set-Cookie: a=1; Path=/", "SET-COOKIE: b=2", "X-B: 3"];
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "ok", ...lines));
  const { headers } = await used.gateway.get("/h");
  const passed = headers.filter(([name]) => /^(x-a|x-b|set-cookie)$/i.test(name));
  assert.deepEqual(
    passed.map(([name, value]) => `${name}: ${value}`),
    lines,
  );
});

test("T7 headers: bytes 0x80 to 0xff pass exactly, both ways", async () => {
  const value = Buffer.from(Array.from({ length: 128 }, (_value, index) => 0x80 + index));
  const text = value.toString("latin1");
  used.upstream.answer = (_request, connection) =>
    connection.send(reply("200 OK", "ok", `X-Bytes: ${text}`));
  const response = await used.gateway.ask(Buffer.from(get("/h", `X-Bytes: ${text}`), "latin1"));
  assert.equal((await used.upstream.request()).header("x-bytes"), text);
  assert.equal(response.header("x-bytes"), text);
});

test("H28 headers: names such as __proto__ and constructor are plain names", async () => {
  await used.gateway.ask(get("/h?__proto__=1&constructor=2", "__proto__: p", "constructor: c"));
  const request = await used.upstream.request();
  assert.equal(request.header("constructor"), "c");
  assert.equal(request.target, "/h?__proto__=1&constructor=2");
});

for (const name of [
  "Keep-Alive",
  "Proxy-Connection",
  "Proxy-Authorization",
  "TE",
  "Upgrade",
  "HTTP2-Settings",
]) {
  test(`T5 headers: the hop-by-hop field ${name} does not reach the upstream`, async () => {
    const value = name === "TE" ? "gzip" : "x";
    await used.gateway.ask(get("/h", `${name}: ${value}`));
    assert.equal((await used.upstream.request()).header(name), undefined);
  });
}

test("T5 headers: fields that Connection names are dropped, and Connection itself", async () => {
  await used.gateway.ask(
    get(
      "/h",
      "Connection: X-One, x-TWO",
      "Connection: x-three",
      "X-One: 1",
      "X-Two: 2",
      "X-Three: 3",
    ),
  );
  const request = await used.upstream.request();
  for (const name of ["x-one", "x-two", "x-three"]) assert.equal(request.header(name), undefined);
  assert.match(request.header("connection") ?? "keep-alive", /^keep-alive$/i);
});

test("T4 headers: Connection cannot nominate what the gateway or the upstream relies on", async () => {
  await used.gateway.ask(
    get(
      "/h",
      "Connection: close, X-Forwarded-For, Authorization, Host, X-Request-Id, Via",
      "connection: content-LENGTH, x-real-ip",
      "Authorization: Bearer t",
      "Content-Length: 0",
    ),
  );
  const request = await used.upstream.request();
  assert.equal(request.header("authorization"), "Bearer t");
  assert.equal(request.header("x-forwarded-for"), "127.0.0.1");
  assert.equal(request.header("x-real-ip"), "127.0.0.1");
  assert.match(request.header("x-request-id") ?? "", UUID);
  assert.equal(request.all("host").length, 1);
});

test("T9 headers: hop-by-hop fields of responses are dropped, also those that Connection names", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(
      reply(
        "200 OK",
        "ok",
        "Connection: X-Internal, keep-alive",
        "X-Internal: secret",
        "Keep-Alive: timeout=5",
        "Proxy-Authenticate: Basic",
        "X-Public: yes",
      ),
    );
  const response = await used.gateway.get("/h");
  assert.equal(response.header("x-internal"), undefined);
  assert.equal(response.header("keep-alive"), undefined);
  assert.equal(response.header("x-public"), "yes");
});

test("T1 headers: X-Forwarded-* and X-Real-IP of a client are replaced", async () => {
  await used.gateway.ask(
    get(
      "/h?a=b",
      "X-Forwarded-For: 6.6.6.6",
      "X-Forwarded-For: 7.7.7.7",
      "x-forwarded-proto: https",
      "X-Forwarded-Host: evil.test",
      "X-Forwarded-Port: 1",
      "X-Forwarded-Path: /evil",
      "X-Forwarded-Prefix: /evil",
      "Forwarded: for=6.6.6.6",
      "X-Real-IP: 6.6.6.6",
    ),
  );
  const request = await used.upstream.request();
  assert.equal(request.header("x-forwarded-for"), "127.0.0.1");
  assert.equal(request.header("x-forwarded-proto"), "http");
  assert.equal(request.header("x-forwarded-host"), "gw.test");
  assert.equal(request.header("x-forwarded-port"), String(used.gateway.proxyPort));
  assert.equal(request.header("x-forwarded-path"), "/h");
  assert.equal(request.header("x-real-ip"), "127.0.0.1");
  assert.notEqual(request.header("x-forwarded-prefix"), "/evil");
  assert.equal(request.header("forwarded"), undefined);
});

for (const name of [
  "X_Forwarded_For",
  "X_Real_IP",
  "X-Consumer_Id",
  "X_Consumer_Username",
  "X_Request_Id",
  "x_credential-identifier",
]) {
  test(`T2 headers: ${name}, which collides with a managed field, is dropped or refused`, async () => {
    const response = await used.gateway.ask(get("/h", `${name}: evil`));
    if (response.status === 400) return;
    assert.equal((await used.upstream.request()).header(name), undefined);
  });
}

test("T2 headers: other names with an underscore pass", async () => {
  await used.gateway.ask(get("/h", "my_header: kept"));
  assert.equal((await used.upstream.request()).header("my_header"), "kept");
});

for (const name of [
  "X-Consumer-ID",
  "X-Consumer-Username",
  "X-Consumer-Custom-ID",
  "X-Consumer-Groups",
  "X-Credential-Identifier",
  "X-Anonymous-Consumer",
  "X-Authenticated-Groups",
]) {
  test(`T3 headers: ${name} from a client never reaches an upstream, even without auth`, async () => {
    await used.gateway.ask(get("/h", `${name}: admin`, `${name.toLowerCase()}: admin`));
    assert.equal((await used.upstream.request()).header(name), undefined);
  });
}

test("headers: Via names the gateway on both sides and keeps earlier ones", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(reply("200 OK", "ok", "Via: 1.1 inner"));
  const response = await used.gateway.ask(get("/h", "Via: 1.0 outer"));
  const sent = (await used.upstream.request()).all("via").join(", ");
  assert.match(sent, /^1\.0 outer, 1\.1 \S+$/);
  assert.match(response.all("via").join(", "), /^1\.1 inner, 1\.1 \S+$/);
});

test("headers: X-Request-Id is made, sent upstream and back, and differs each time", async () => {
  const first = await used.gateway.get("/h");
  const second = await used.gateway.get("/h");
  const id = first.header("x-request-id") ?? "";
  assert.match(id, UUID);
  assert.equal((await used.upstream.request(0)).header("x-request-id"), id);
  assert.equal(
    (await used.upstream.request(1)).header("x-request-id"),
    second.header("x-request-id"),
  );
  assert.notEqual(second.header("x-request-id"), id);
});

test("headers: Host is the upstream's own without preserve_host", async () => {
  await used.gateway.get("/h");
  assert.equal((await used.upstream.request()).header("host"), `127.0.0.1:${used.upstream.port}`);
});

test("headers: nothing is sent upstream that neither client nor contract asked for", async () => {
  await used.gateway.ask(get("/h", "User-Agent: mine"));
  const { headers } = await used.upstream.request();
  const names = headers.map(([name]) => name.toLowerCase());
  const allowed =
    /^(host|user-agent|via|connection|x-request-id|x-real-ip|x-forwarded-(for|proto|host|port|path|prefix))$/;
  assert.deepEqual(
    names.filter((name) => !allowed.test(name)),
    [],
  );
  assert.equal(new Set(names).size, names.length);
});
