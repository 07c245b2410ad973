import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Deadlines } from "../deadlines.ts";
import type { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import { currentPlatform } from "../platform/current.ts";
import { Peer, until } from "../sockets.testing.ts";
import type { RequestHandler } from "./downstream.ts";
import { Fields } from "./fields.ts";
import { Http1Server } from "./server.ts";
import type { ServerOptions } from "./server.ts";

const OPTIONS: ServerOptions = {
  limits: { maxStartLineBytes: 200, maxFieldLineBytes: 200, maxHeadBytes: 1000, maxFields: 10 },
  headTimeoutMs: 60_000,
  bodyTimeoutMs: 60_000,
  keepAliveTimeoutMs: 60_000,
  lingerMs: 2000,
  maxConnections: 100,
};

/** Answers requests as a test says, and keeps what became of them. */
class Handler implements RequestHandler {
  readonly started: Exchange[] = [];
  readonly faults: string[] = [];
  readonly refused: string[] = [];
  readonly #answer: (exchange: Exchange) => void;

  constructor(answer: (exchange: Exchange) => void) {
    this.#answer = answer;
  }
  start(exchange: Exchange): void {
    this.started.push(exchange);
    this.#answer(exchange);
  }
  onClientFault(_: Exchange, error: GatewayError): void {
    this.faults.push(error.code);
  }
  onRefused(error: GatewayError): void {
    this.refused.push(error.code);
  }
}

function respond(exchange: Exchange, body: string | Buffer, status = 200): void {
  const bytes = Buffer.from(body);
  exchange.status = status;
  exchange.reason = "OK";
  exchange.responseFields = new Fields();
  exchange.responseFields.add("Content-Length", String(bytes.length));
  exchange.responseFraming = { kind: "length", length: bytes.length };
  exchange.client.sendHead(exchange);
  exchange.client.sendBody(bytes);
  exchange.client.sendEnd();
}

interface Serving {
  readonly handler: Handler;
  readonly server: Http1Server;
  readonly client: Peer;
}

async function serve(
  answer: (exchange: Exchange) => void,
  options: Partial<ServerOptions> = {},
): Promise<Serving> {
  const handler = new Handler(answer);
  const deadlines = new Deadlines();
  const server = await Http1Server.listen(
    { host: "127.0.0.1", port: 0 },
    { platform: await currentPlatform(), deadlines, handler, options: { ...OPTIONS, ...options } },
  );
  after(async () => {
    await server.drain(1);
    deadlines.stop();
  });
  return { handler, server, client: await Peer.connect(server.address.port) };
}

function request(path: string, ...lines: readonly string[]): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

const answersPath = (exchange: Exchange): void => respond(exchange, `<${exchange.path}>`);

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
    const { clientAddress, serverPort } = handler.started[0]?.connection ?? {};
    assert.deepEqual([clientAddress, serverPort], ["127.0.0.1", server.address.port]);
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
      exchange.client.readBody({ writeBody: () => undefined, endBody: () => assert.fail() }),
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

  test("is reported when its body stops (C2)", async () => {
    const { client, handler } = await serve(
      (exchange) =>
        exchange.client.readBody({ writeBody: () => undefined, endBody: () => undefined }),
      { bodyTimeoutMs: 50 },
    );
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

describe("Http1Server", () => {
  test("closes connections past its limit and counts them no more", async () => {
    const { server, client } = await serve(answersPath, { maxConnections: 1 });
    client.send(request("/"));
    await client.take(/<\/>/);
    for (let n = 0; n < 3; n++) {
      const extra = await Peer.connect(server.address.port);
      assert.equal(await extra.rest(), "");
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
