// WebSockets with real clients and servers, and how tunnels end with the gateway.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { after, test } from "node:test";

import { connect, get } from "../harness/client.ts";
import { config, forwardAll, service } from "../harness/config.ts";
import { within } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { startGateway } from "../harness/gateway.ts";
import { RawEnd, startRawUpstream } from "../harness/raw.ts";
import { cleanEnvironment, runtimeBinary } from "../harness/runtime.ts";

/** Sends back what it gets, and says with which subprotocol and at which path. */
const BUN_SERVER = `
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, server) {
    if (server.upgrade(request, { data: new URL(request.url).pathname })) return;
    return new Response("no upgrade", { status: 426 });
  },
  websocket: {
    open(socket) { socket.send("hello at " + socket.data); },
    message(socket, message) { socket.send(message); },
  },
});
console.log("port " + server.port);
`;

const raw = await startRawUpstream();
const bun = spawn(runtimeBinary("bun"), ["-e", BUN_SERVER], {
  env: cleanEnvironment(),
  stdio: ["ignore", "pipe", "inherit"],
});
after(async () => {
  bun.kill();
  await raw.close();
});

const used = useGateway(async () => ({
  config: config({
    services: [service("bun", await bunPort(), "/bun"), service("raw", raw.port, "/raw")],
  }),
}));

async function bunPort(): Promise<number> {
  return within(
    new Promise((resolve) => {
      bun.stdout.on("data", (text: Buffer) => {
        const port = /port (\d+)/.exec(text.toString())?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    }),
    "the WebSocket server's port",
    20_000,
  );
}

/** Messages in order, from a client of the runtime that runs the tests. */
class Messages {
  readonly socket: WebSocket;
  readonly closed: Promise<CloseEvent>;
  readonly #messages: unknown[] = [];
  #wake: () => void = () => undefined;

  constructor(path: string) {
    this.socket = new WebSocket(`ws://127.0.0.1:${used.gateway.proxyPort}${path}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("message", (event) => {
      this.#messages.push(event.data);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.addEventListener("close", resolve);
    });
  }

  async next(): Promise<unknown> {
    const arrived = async (): Promise<unknown> => {
      while (this.#messages.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      return this.#messages.shift();
    };
    return within(arrived(), "a message");
  }
}

test("websocket: messages of any size go both ways, and the close handshake ends it", async () => {
  const client = new Messages("/bun/room");
  assert.equal(await client.next(), "hello at /bun/room");
  client.socket.send("short");
  assert.equal(await client.next(), "short");
  const big = new Uint8Array(1024 * 1024).map((_, at) => at * 7);
  client.socket.send(big);
  const echo = (await client.next()) as ArrayBuffer; // binaryType says so.
  assert.equal(echo.byteLength, big.length);
  assert.equal(sha256(new Uint8Array(echo)), sha256(big));
  client.socket.close(4000, "done");
  const { code, wasClean } = await within(client.closed, "the close handshake");
  assert.deepEqual([code, wasClean], [4000, true]);
});

test("websocket: the handshake's fields pass, and a server's frames behind it", async () => {
  const client = new Messages("/raw");
  const server = await raw.next();
  const asked = await server.take(/\r\n\r\n/);
  const key = /\r\nsec-websocket-key: ([^\r]+)\r\n/i.exec(asked)?.[1] ?? "";
  assert.match(asked, /\r\nsec-websocket-version: 13\r\n/i);
  const accept = createHash("sha1")
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  server.send(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n\x81\x02hi`,
  );
  assert.equal(await client.next(), "hi");
  server.socket.end();
  assert.equal((await within(client.closed, "the close")).wasClean, false);
});

test("G10 websocket: SIGTERM lets a tunnel go on until the drain limit and then cuts it", async () => {
  const gateway = await startGateway({
    config: forwardAll(raw.port),
    flags: ["--drain-timeout", "300"],
  });
  const client = new RawEnd((await connect(gateway.proxyPort)).socket);
  client.send(get("/", "Connection: Upgrade", "Upgrade: foo"));
  const server = await raw.next();
  await server.take(/\r\n\r\n/);
  server.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n");
  await client.take(/\r\n\r\n/);
  gateway.process.kill("SIGTERM");
  client.send("still here");
  await server.take(/still here/);
  await Promise.all([client.gone(), server.gone()]);
  assert.equal(await gateway.ended(), 0);
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
