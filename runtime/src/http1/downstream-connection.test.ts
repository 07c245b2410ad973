import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Exchange } from "../exchange.ts";
import { Peer, until } from "../sockets.testing.ts";
import { IGNORING, answersPath, request, respond, serve } from "./downstream-connection.testing.ts";

describe("a client's connection", () => {
  test("answers pipelined requests in order (H25)", async () => {
    const { client } = await serve(answersPath);
    client.send(request("/1") + request("/2") + request("/3"));
    const text = await client.take(/<\/3>/);
    assert.deepEqual(text.match(/<[^>]*>/g), ["</1>", "</2>", "</3>"]);
  });

  test("starts a request only when the one before is answered", async () => {
    const { client, handler } = await serve(() => undefined);
    client.send(request("/1") + request("/2"));
    await until(() => handler.started.length > 0);
    const [first] = handler.started as [Exchange];
    assert.equal(handler.started.length, 1);
    respond(first, "<one>");
    await client.take(/<one>/);
    assert.deepEqual(
      handler.started.map((exchange) => exchange.path),
      ["/1", "/2"],
    );
  });

  test("counts requests and knows its ends", async () => {
    const { client, handler, server } = await serve((exchange) =>
      respond(exchange, `<${exchange.connection.requests}>`),
    );
    client.send(request("/"));
    await client.take(/<1>/);
    client.send(request("/"));
    await client.take(/<2>/);
    const { peerAddress, serverPort } = handler.started[0]?.connection ?? {};
    assert.deepEqual([peerAddress, serverPort], ["127.0.0.1", server.address.port]);
  });

  test("answers what is malformed with 400 and closes, whatever follows (I4)", async () => {
    const { client, handler } = await serve(answersPath);
    client.send(`${request("/1")}GET / HTTP/1.1\nHost: a\r\n\r\n${request("/smuggled")}`);
    const text = await client.rest();
    assert.match(text, /<\/1>HTTP\/1\.1 400 /);
    assert.match(text, /Connection: close\r\n/);
    assert.equal(handler.started.length, 1);
    assert.deepEqual(handler.refused, ["bad_request"]);
  });

  test("closes after a chunk that is malformed, and reports it", async () => {
    const { client, handler } = await serve((exchange) =>
      exchange.client.readBody({ ...IGNORING, endBody: () => assert.fail() }),
    );
    client.send(request("/", "Transfer-Encoding: chunked") + "0x1\r\n");
    await until(() => handler.faults.length > 0);
    assert.deepEqual(handler.faults, ["bad_request"]);
  });

  test("never reads an unread body as a request (H21)", async () => {
    const { client, handler } = await serve((exchange) => respond(exchange, "<no>", 401));
    client.send(request("/", "Content-Length: 5000") + request("/smuggled"));
    const text = await client.rest();
    assert.match(text, /Connection: close\r\n/);
    assert.equal(handler.started.length, 1);
  });

  test("goes on after an unread body that is here as a whole", async () => {
    const { client } = await serve(answersPath);
    client.send(`${request("/1", "Content-Length: 5")}hello${request("/2")}`);
    const text = await client.take(/<\/2>/);
    assert.ok(!text.includes("close"));
  });

  test("asks for a body that waits for 100 (Continue) when it is read, not before (H24)", async () => {
    const { client, handler } = await serve(() => undefined);
    client.send(request("/", "Content-Length: 2", "Expect: 100-continue"));
    await until(() => handler.started.length > 0);
    assert.equal(client.received, "");
    let body = "";
    handler.started[0]?.client.readBody({
      ...IGNORING,
      writeBody: (piece) => (body += piece.toString()),
      endBody: () => respond(handler.started[0] as Exchange, `<${body}>`),
    });
    await client.take(/HTTP\/1\.1 100 Continue\r\n\r\n/);
    client.send("ab");
    await client.take(/<ab>/);
  });

  test("answers one that only said FIN when it announced its last request (C5)", async () => {
    const { client, handler } = await serve(() => undefined);
    client.send(request("/", "Connection: close"));
    client.end();
    await until(() => handler.started.length > 0);
    setTimeout(() => respond(handler.started[0] as Exchange, "<late>"), 20);
    assert.match(await client.rest(), /<late>/);
    assert.deepEqual(handler.faults, []);
  });

  test("reports a client that left (C4)", async () => {
    const { client, handler } = await serve(() => undefined);
    client.send(request("/"));
    await until(() => handler.started.length > 0);
    client.destroy();
    await until(() => handler.faults.length > 0);
    assert.deepEqual(handler.faults, ["client_closed"]);
  });
});

describe("Http1Server", () => {
  test("closes connections past its limit and counts them no more", async () => {
    const { server, client } = await serve(answersPath, { maxConnections: 1 });
    client.send(request("/"));
    await client.take(/<\/>/);
    for (let n = 0; n < 3; n++) {
      const extra = await Peer.connect(server.address.port);
      assert.match(await extra.rest(), /^HTTP\/1\.1 503 /);
    }
    await until(() => server.connections === 1);
    client.destroy();
    await until(() => server.connections === 0);
    const next = await Peer.connect(server.address.port);
    next.send(request("/again"));
    await next.take(/<\/again>/);
  });

  test("drains: idle connections close, running requests finish, nobody new comes in (G10)", async () => {
    const { server, client: idle, handler } = await serve(() => undefined);
    const busy = await Peer.connect(server.address.port);
    busy.send(request("/"));
    await until(() => handler.started.length > 0);
    const draining = server.drain(60_000);
    assert.equal(await idle.rest(), "");
    idle.end();
    await assert.rejects(Peer.connect(server.address.port));
    respond(handler.started[0] as Exchange, "<done>");
    assert.match(await busy.rest(), /Connection: close\r\n[^]*<done>$/);
    busy.end();
    await draining;
    assert.equal(server.connections, 0);
  });

  test("cuts what still runs when the time to drain is over", async () => {
    const { server, client, handler } = await serve(() => undefined);
    client.send(request("/"));
    await until(() => handler.started.length > 0);
    await server.drain(20);
    assert.equal(await client.rest(), "");
  });
});
