// The life of connections on both sides: reuse, pipelining, ends from either side, responses without a body.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, askToClose, connect, get, head } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

test("connections: one client connection carries many requests", async () => {
  const client = await connect(used.gateway.proxyPort);
  for (const path of ["/1", "/2", "/3"]) {
    used.upstream.answer = (request, connection) =>
      connection.send(reply("200 OK", request.target));
    assert.equal((await client.send(get(path)).response()).text, path);
  }
  client.socket.destroy();
});

test("connections: requests one after the other share one upstream connection", async () => {
  await used.gateway.get("/1");
  const connection = (await used.upstream.request()).connection;
  used.upstream.reset();
  await used.gateway.get("/2");
  await used.gateway.get("/3");
  assert.equal((await used.upstream.request(0)).connection, connection);
  assert.equal((await used.upstream.request(1)).connection, connection);
});

test("H25 connections: pipelined requests are answered in order, each with its own answer", async () => {
  used.upstream.answer = (request, connection) => {
    const delayMs = request.target === "/1" ? 150 : 0;
    setTimeout(() => connection.send(reply("200 OK", request.target)), delayMs);
  };
  const client = await connect(used.gateway.proxyPort);
  client.send(
    get("/1") +
      head("POST /2 HTTP/1.1", "Host: gw.test", "Content-Length: 3") +
      "abc" +
      get("/3", "Connection: close"),
  );
  const texts = [];
  for (let count = 0; count < 3; count++) texts.push((await client.response()).text);
  assert.deepEqual(texts, ["/1", "/2", "/3"]);
  assert.equal(await client.rest(), "");
});

test("connections: an empty line before a request is passed over", async () => {
  assert.equal((await used.gateway.ask(`\r\n${get("/1")}`)).status, 200);
});

test("connections: a head that comes in many pieces is one request", async () => {
  const client = await connect(used.gateway.proxyPort);
  for (const piece of get("/pieces", "X-A: b").match(/[\s\S]{1,5}/g) ?? []) {
    client.send(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await client.response()).status, 200);
  client.socket.destroy();
});

test("connections: Connection: close is answered and then closed", async () => {
  const text = await askToClose(used.gateway.proxyPort, get("/1", "Connection: close"));
  assert.match(text, /^HTTP\/1\.1 200 .*\r\n[\s\S]*connection: close\r\n[\s\S]*ok$/i);
});

test("connections: an HTTP/1.0 client is answered and then closed", async () => {
  const text = await askToClose(used.gateway.proxyPort, head("GET / HTTP/1.0", "Host: gw.test"));
  assert.match(text, /^HTTP\/1\.[01] 200 [\s\S]*ok$/);
});

test("connections: an HTTP/1.0 client that asks for keep-alive keeps its connection or is told", async () => {
  const client = await connect(used.gateway.proxyPort);
  const request = head("GET / HTTP/1.0", "Host: gw.test", "Connection: keep-alive");
  const response = await client.send(request).response();
  if (/keep-alive/i.test(response.header("connection") ?? "")) {
    assert.equal((await client.send(request).response()).status, 200);
  } else {
    assert.equal(await client.rest(), "");
  }
  client.socket.destroy();
});

test("C5 connections: a client that half-closes after its announced last request gets its answer", async () => {
  used.upstream.answer = (_request, connection) =>
    void setTimeout(() => connection.send(reply("200 OK", "late")), 100);
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/half", "Connection: close")).halfClose();
  assert.equal((await client.response()).text, "late");
  assert.equal(await client.rest(), "");
});

test("C5 connections: a client that closes a persistent connection in mid-request counts as gone", async () => {
  used.upstream.answer = () => {};
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/left"));
  await used.upstream.request();
  const open = used.upstream.openCount;
  client.halfClose();
  await used.upstream.until(() => used.upstream.openCount < open, "the upstream request's end");
  assert.equal(await client.rest(), "");
});

test("C4 connections: a client that aborts cancels its request at the upstream", async () => {
  used.upstream.answer = () => {};
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/abandoned"));
  const { connection } = await used.upstream.request();
  assert.ok(connection >= 0);
  const open = used.upstream.openCount;
  const start = performance.now();
  client.abort();
  await used.upstream.until(() => used.upstream.openCount < open, "the upstream request's end");
  assert.ok(performance.now() - start < 1_000);
});

test("C4 connections: a client that aborts in mid-body cancels its request at the upstream", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(`${head("POST /cut HTTP/1.1", "Host: gw.test", "Content-Length: 10")}abc`);
  await used.upstream.until(() => used.upstream.byteCount > 0, "the head at the upstream");
  const open = used.upstream.openCount;
  client.abort();
  await used.upstream.until(() => used.upstream.openCount < open, "the upstream request's end");
  assert.equal(used.upstream.requests.length, 0);
});

test("connections: a client that sends less body than it declared leaves no request upstream", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(`${head("POST /cut HTTP/1.1", "Host: gw.test", "Content-Length: 10")}abc`);
  client.halfClose();
  await client.rest();
  assert.equal((await used.gateway.get("/next")).text, "ok");
  assert.deepEqual(
    used.upstream.requests.map((request) => request.target),
    ["/next"],
  );
});

test("U8 connections: HEAD gets the head alone and the connection stays in step", async () => {
  used.upstream.answer = (request, connection) =>
    connection.send(
      request.method === "HEAD"
        ? head("HTTP/1.1 200 OK", "Content-Length: 1234", "X-Kept: 1")
        : reply("200 OK", "next"),
    );
  const client = await connect(used.gateway.proxyPort);
  client.send(head("HEAD /h HTTP/1.1", "Host: gw.test"));
  const response = await client.response("HEAD");
  assert.equal(response.header("content-length"), "1234");
  assert.equal(response.header("x-kept"), "1");
  assert.equal((await client.send(get("/n")).response()).text, "next");
  client.socket.destroy();
});

for (const status of ["204 No Content", "304 Not Modified"]) {
  test(`U8 connections: ${status} has no body and the connection stays in step`, async () => {
    used.upstream.answer = (request, connection) =>
      connection.send(
        request.target === "/empty"
          ? head(`HTTP/1.1 ${status}`, 'ETag: "a"')
          : reply("200 OK", "next"),
      );
    const client = await connect(used.gateway.proxyPort);
    const response = await client.send(get("/empty")).response();
    assert.equal(response.status, Number(status.slice(0, 3)));
    assert.equal(response.header("etag"), '"a"');
    assert.equal((await client.send(get("/n")).response()).text, "next");
    client.socket.destroy();
  });
}

test("U8 connections: a body after HEAD or 304 never reaches the client", async () => {
  used.upstream.answer = (request, connection) =>
    connection.send(
      request.target === "/bad" ? reply("304 Not Modified", "poison") : reply("200 OK", "next"),
    );
  const client = await connect(used.gateway.proxyPort);
  assert.equal((await client.send(get("/bad")).response()).status, 304);
  assert.equal((await client.send(get("/n")).response()).text, "next");
  client.socket.destroy();
});

test("U12 connections: an idle upstream connection that died is replaced for a GET", async () => {
  await used.gateway.get("/1");
  used.upstream.dropConnections();
  assert.equal((await used.gateway.get("/2")).status, 200);
});

test("U12 connections: a GET on a reused connection that is reset is tried again, once", async () => {
  await used.gateway.get("/warm");
  used.upstream.reset();
  let resets = 0;
  used.upstream.answer = (_request, connection) => {
    resets += 1;
    if (resets === 1) connection.reset();
    else connection.send(reply("200 OK", "second try"));
  };
  assert.equal((await ask(used.gateway.proxyPort, get("/again"))).text, "second try");
});

test("U12 connections: a POST whose body was sent is not repeated", async () => {
  await used.gateway.get("/warm");
  used.upstream.reset();
  used.upstream.answer = (_request, connection) => connection.reset();
  const response = await used.gateway.ask(
    `${head("POST /once HTTP/1.1", "Host: gw.test", "Content-Length: 3")}abc`,
  );
  assert.equal(response.status, 502);
  assert.equal(used.upstream.requests.length, 1);
});

test("U12 connections: a POST of which only the head was sent is sent again, and then its body", async () => {
  await used.gateway.get("/warm");
  used.upstream.reset();
  let heads = 0;
  used.upstream.onHead = (_request, connection) => {
    heads += 1;
    if (heads === 1) connection.reset();
  };
  const client = await connect(used.gateway.proxyPort);
  client.send(head("POST /again HTTP/1.1", "Host: gw.test", "Content-Length: 3"));
  await used.upstream.until(() => heads === 2, "the second try");
  client.send("abc");
  assert.equal((await client.response("POST")).status, 200);
  assert.equal((await used.upstream.request()).body.toString("latin1"), "abc");
  client.socket.destroy();
});
