import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Deadlines } from "../deadlines.ts";
import type { Exchange } from "../exchange.ts";
import { currentPlatform } from "../platform/current.ts";
import { freePort, Peer, until } from "../sockets.testing.ts";
import type { RefusalReason } from "./admission.ts";
import { OPTIONS as CONNECTION_OPTIONS } from "./downstream-connection.testing.ts";
import type { RequestHandler } from "./downstream.ts";
import { Fields } from "./fields.ts";
import { Http1Server } from "./server.ts";
import type { ServerOptions } from "./server.ts";

const OPTIONS: ServerOptions = { ...CONNECTION_OPTIONS, lingerMs: 60_000 };

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

interface Serving {
  readonly server: Http1Server;
  readonly refusals: readonly RefusalReason[];
}

/** Answers each request with `name`. */
async function serve(options: Partial<ServerOptions>, name = "ok", port = 0): Promise<Serving> {
  const deadlines = new Deadlines();
  const refusals: RefusalReason[] = [];
  const server = await Http1Server.listen(
    { host: "127.0.0.1", port },
    {
      platform: await currentPlatform(),
      deadlines,
      handler: answering(name),
      options: { ...OPTIONS, ...options },
      onConnectionRefused: (reason) => refusals.push(reason),
    },
  );
  after(async () => {
    await server.drain(1);
    deadlines.stop();
  });
  return { server, refusals };
}

function answering(body: string): RequestHandler {
  return {
    start: (exchange: Exchange): void => {
      exchange.status = 200;
      exchange.reason = "OK";
      exchange.responseFields = new Fields();
      exchange.responseFields.add("Content-Length", String(body.length));
      exchange.responseFraming = { kind: "length", length: body.length };
      exchange.client.sendHead(exchange);
      exchange.client.sendBody(Buffer.from(body));
      exchange.client.sendEnd();
    },
    onClientFault: () => undefined,
    onRefused: () => undefined,
  };
}

describe("a full server (O1, C1)", () => {
  test("answers 503 with Retry-After, closes, and says which limit it was", async () => {
    const { server, refusals } = await serve({ maxConnections: 1 });
    const first = await Peer.connect(server.address.port);
    await until(() => server.connections === 1);
    const second = await Peer.connect(server.address.port);
    second.send(REQUEST);
    const answer = await second.rest();
    assert.match(answer, /^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\nConnection: close\r\n/);
    assert.match(answer, /\r\n\r\n\{"message":"[^"]+","request_id":"[0-9a-f]{32}"\}$/);
    assert.deepEqual(refusals, ["max_connections"]);
    assert.equal(server.connections, 1);
    first.send(REQUEST);
    await first.take(/ok$/);
  });

  test("takes the next one when a connection is gone", async () => {
    const { server } = await serve({ maxConnections: 1 });
    const first = await Peer.connect(server.address.port);
    await until(() => server.connections === 1);
    first.destroy();
    await until(() => server.connections === 0);
    const next = await Peer.connect(server.address.port);
    next.send(REQUEST);
    await next.take(/ok$/);
  });

  test("lets one address have no more than its share, and counts it out again", async () => {
    const { server, refusals } = await serve({ maxConnectionsPerIp: 2 });
    const peers = [
      await Peer.connect(server.address.port),
      await Peer.connect(server.address.port),
    ];
    await until(() => server.connections === 2);
    const third = await Peer.connect(server.address.port);
    assert.match(await third.rest(), /^HTTP\/1\.1 503 /);
    assert.deepEqual(refusals, ["max_connections_per_ip"]);
    peers[0]?.destroy();
    await until(() => server.connections === 1);
    const next = await Peer.connect(server.address.port);
    next.send(REQUEST);
    await next.take(/ok$/);
  });

  test("keeps few refused connections open, however many come and stay", async () => {
    const { server, refusals } = await serve({ maxConnections: 1 });
    await Peer.connect(server.address.port);
    await until(() => server.connections === 1);
    const late = await Promise.all(
      Array.from({ length: 60 }, () => Peer.connect(server.address.port)),
    );
    await until(() => refusals.length === 60);
    // None of them closes its side, and the server would wait a minute for that; what it has closed already resets.
    let reset = 0;
    for (const peer of late) void peer.closed.then(() => reset++);
    await until(() => {
      for (const peer of late) peer.send("x");
      return reset >= 60 - 16;
    });
  });
});

describe("two servers on one address", () => {
  test("are refused unless both of them share it", async () => {
    const { server } = await serve({});
    await assert.rejects(serve({ reusePort: true }, "b", server.address.port));
    const port = await freePort();
    await serve({ reusePort: true }, "a", port);
    await assert.rejects(serve({}, "b", port));
  });
});

describe("a server that drains (G10)", () => {
  test("answers a request that comes on an idle connection, and then closes it", async () => {
    const { server } = await serve({});
    const peer = await Peer.connect(server.address.port);
    peer.send(REQUEST);
    await peer.take(/ok$/);
    const drained = server.drain(60_000);
    peer.send(REQUEST);
    assert.match(await peer.rest(), /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*ok$/);
    peer.end();
    await drained;
  });

  test("closes what stays idle, without waiting for its limit", async () => {
    const { server } = await serve({});
    const peers = await Promise.all([1, 2, 3].map(() => Peer.connect(server.address.port)));
    await until(() => server.connections === 3);
    const drained = server.drain(600_000);
    for (const peer of peers) {
      assert.equal(await peer.rest(), "");
      peer.end();
    }
    await drained;
  });
});
