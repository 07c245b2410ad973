// A slow side slows the other one down: the gateway never takes in what it cannot pass on.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { residentBytesOf } from "../harness/footprint.ts";

const SIZE = 400 * 1024 * 1024;
const PIECE = Buffer.alloc(256 * 1024, "x");
/** Sockets' own buffers on both sides hold some MB; the rest of 400 MB must stay at its source. */
const HELD_LIMIT = 40 * 1024 * 1024;

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

test("C2 back-pressure: a client is held back while the upstream does not read", async () => {
  used.upstream.isPaused = true;
  const before = await residentBytes();
  const client = await connect(used.gateway.proxyPort);
  client.send(head("POST /up HTTP/1.1", "Host: gw.test", `Content-Length: ${SIZE}`));
  const written = await writeUntilHeld(client.socket);
  assert.ok(written < HELD_LIMIT, `the client got rid of ${written} bytes`);
  assert.ok((await residentBytes()) - before < HELD_LIMIT);
  client.abort();
  assert.equal((await used.gateway.status("/status")).status, 200);
});

test("C3 back-pressure: an upstream is held back while the client does not read", async () => {
  let held: Promise<number> | undefined;
  used.upstream.answer = (_request, connection) => {
    connection.send(head("HTTP/1.1 200 OK", `Content-Length: ${SIZE}`));
    held = writeUntilHeld(connection.socket);
  };
  const client = await connect(used.gateway.proxyPort);
  client.socket.pause();
  client.send(get("/down"));
  await used.upstream.request();
  const written = await held;
  assert.ok(written !== undefined && written < HELD_LIMIT, `the upstream got rid of ${written}`);
  client.abort();
  await used.upstream.until(() => used.upstream.openCount === 0, "the upstream connection's end");
});

test("back-pressure: a body that was held back goes on when there is room again", async () => {
  const size = 24 * 1024 * 1024;
  used.upstream.isPaused = true;
  const client = await connect(used.gateway.proxyPort);
  client.send(head("POST /up HTTP/1.1", "Host: gw.test", `Content-Length: ${size}`));
  client.send(Buffer.alloc(size, "y"));
  await used.upstream.until(() => used.upstream.byteCount > 0, "the first bytes");
  used.upstream.resume();
  assert.equal((await client.response("POST", 20_000)).status, 200);
  assert.equal((await used.upstream.request()).body.length, size);
  client.socket.destroy();
});

/** Writes until the socket takes nothing for a while; gives the bytes that left this process. */
async function writeUntilHeld(socket: {
  write(bytes: Buffer): boolean;
  once(event: "drain", listener: () => void): unknown;
  bytesWritten: number;
  writableLength: number;
}): Promise<number> {
  for (let sent = 0; sent < SIZE; sent += PIECE.length) {
    if (socket.write(PIECE)) continue;
    const hasDrained = await Promise.race([
      new Promise<boolean>((resolve) => socket.once("drain", () => resolve(true))),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 700)),
    ]);
    if (!hasDrained) break;
  }
  return socket.bytesWritten - socket.writableLength;
}

function residentBytes(): Promise<number> {
  return residentBytesOf(used.gateway.process.pid);
}
