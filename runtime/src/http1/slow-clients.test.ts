import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Peer, until } from "../sockets.testing.ts";
import {
  IGNORING,
  answersPath,
  request,
  respond,
  serve,
  startResponse,
} from "./downstream-connection.testing.ts";

describe("a client that takes its time", () => {
  test("is refused when its head does not come in time (C1)", async () => {
    const { client } = await serve(answersPath, { headTimeoutMs: 50 });
    client.send("GET / HT");
    assert.match(await client.rest(), /^HTTP\/1\.1 408 /);
  });

  test("is closed silently when it sends nothing between requests", async () => {
    const { client } = await serve(answersPath, { keepAliveTimeoutMs: 50 });
    client.send(request("/"));
    assert.match(await client.rest(), /<\/>$/);
  });

  test("is refused at the same time when it sends its head byte by byte (C1)", async () => {
    const { client, handler } = await serve(answersPath, { headTimeoutMs: 100 });
    const gone = client.rest();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nX-A: ");
    await until(() => {
      client.send("b");
      return handler.refused.length > 0;
    });
    assert.deepEqual(handler.refused, ["request_timeout"]);
    assert.match(await gone, /^HTTP\/1\.1 408 /);
  });

  test("is reported when its body comes byte by byte for longer than a request may (C2)", async () => {
    const { client, handler } = await serve((exchange) => exchange.client.readBody(IGNORING), {
      requestTimeoutMs: 100,
    });
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    await until(() => {
      client.send("b");
      return handler.faults.length > 0;
    });
    assert.deepEqual(handler.faults, ["request_timeout"]);
  });

  test("may take its time for a body once it is answered, or where there is no limit", async () => {
    for (const requestTimeoutMs of [100, 0]) {
      const { client, handler } = await serve(
        (exchange) => {
          if (requestTimeoutMs !== 0) startResponse(exchange);
          exchange.client.readBody(IGNORING);
        },
        { requestTimeoutMs, headTimeoutMs: 100 },
      );
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
      // A connection that is younger and does nothing outlives both limits.
      const { client: other } = await serve(answersPath, { headTimeoutMs: 300 });
      const gone = other.rest();
      let isOver = false;
      void gone.then(() => (isOver = true));
      await until(() => {
        client.send("b");
        return isOver;
      });
      assert.deepEqual(handler.faults, []);
    }
  });

  test("is reported when its body stops (C2)", async () => {
    const { client, handler } = await serve((exchange) => exchange.client.readBody(IGNORING), {
      bodyTimeoutMs: 50,
    });
    client.send(`${request("/", "Content-Length: 10")}abc`);
    await until(() => handler.faults.length > 0);
    assert.deepEqual(handler.faults, ["request_timeout"]);
  });

  test("gets the whole last response, however late it reads it", async () => {
    const { server, client: reads } = await serve(
      (exchange) => respond(exchange, Buffer.alloc(Number(exchange.path.slice(1)), "x")),
      { lingerMs: 10 },
    );
    const whole = async (client: Peer): Promise<number> => {
      client.resume();
      const text = await client.rest();
      return text.length - text.indexOf("\r\n\r\n") - 4;
    };
    // The kernel cannot take all of it, and the connection lives until it can.
    const large = await Peer.connect(server.address.port);
    large.pause();
    large.send(request("/20000000", "Connection: close"));
    // The kernel takes all of it, and the connection is gone before the client has read a byte.
    reads.pause();
    reads.send(request("/500000", "Connection: close"));
    await until(() => server.connections <= 1);
    assert.equal(await whole(reads), 500_000);
    assert.equal(await whole(large), 20_000_000);
  });

  test("and pipelines without reading makes no work without bound", async () => {
    const body = Buffer.alloc(100_000, "x");
    const { client, handler, server } = await serve((exchange) =>
      respond(exchange, exchange.path === "/other" ? "<other>" : body),
    );
    client.pause();
    client.send(request("/").repeat(3000));
    const other = await Peer.connect(server.address.port);
    for (let n = 0; n < 100; n++) {
      other.send(request("/other"));
      await other.take(/<other>/);
    }
    const answered = handler.started.length - 100;
    assert.ok(answered < 1000, `${answered} requests were answered that nobody read`);
    client.resume();
    await until(() => handler.started.length === 3100);
  });
});
