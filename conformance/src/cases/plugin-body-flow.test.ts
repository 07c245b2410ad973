// Policies that see bodies piece by piece keep nothing and hold nothing up; what they fail at costs no other request.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { CHUNKED, post, residentBytes, useChunkPolicies } from "../harness/body-policies.ts";
import { connect, get, head } from "../harness/client.ts";
import { reply } from "../harness/upstream.ts";

const used = useChunkPolicies();

const PATTERN = Buffer.from(Array.from({ length: 65_521 }, (_, at) => (at * at) & 255));

// The first one: what the others leave in the heap would hide what this one adds.
test("C2 chunks: 256 MB go through both ways without being kept", async () => {
  const size = 256 * 1024 * 1024;
  const before = await residentBytes(used.gateway);
  const sent = createHash("sha256");
  const got = createHash("sha256");
  // What the upstream gets comes back as it comes.
  used.upstream.onConnect = ({ socket }) => {
    socket.removeAllListeners("data");
    socket.once("data", (first: Buffer) => {
      socket.write(head("HTTP/1.1 200 OK", CHUNKED));
      socket.write(first.subarray(first.indexOf("\r\n\r\n") + 4));
      socket.pipe(socket);
    });
  };
  used.upstream.dropConnections();
  const { socket } = await connect(used.gateway.proxyPort);
  socket.removeAllListeners("data");
  socket.write(post("/pass", `Content-Length: ${size}`));
  const send = async (): Promise<void> => {
    for (let left = size; left > 0; left -= PATTERN.length) {
      const piece = PATTERN.subarray(0, Math.min(left, PATTERN.length));
      sent.update(piece);
      if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve));
    }
  };
  const sending = send();
  let most = 0;
  const body = new ChunkedSizes((piece) => got.update(piece));
  for await (const piece of socket as AsyncIterable<Buffer>) {
    body.push(piece);
    if (body.size % (8 * 1024 * 1024) < piece.length)
      most = Math.max(most, await residentBytes(used.gateway));
    if (body.isWhole) break;
  }
  await sending;
  socket.destroy();
  used.upstream.dropConnections();
  assert.equal(body.size, size);
  assert.equal(got.digest("hex"), sent.digest("hex"));
  assert.ok(most - before < 128 * 1024 * 1024, `grew by ${most - before} bytes`);
});

test("C2 chunks: a client is held back while the upstream does not read", async () => {
  used.upstream.isPaused = true;
  const client = await connect(used.gateway.proxyPort);
  const size = 200 * 1024 * 1024;
  client.send(post("/pass", `Content-Length: ${size}`));
  const written = await writeUntilHeld(client.socket, size);
  assert.ok(written < 40 * 1024 * 1024, `the client got rid of ${written} bytes`);
  client.abort();
});

test("C3 chunks: an upstream is held back while the client does not read", async () => {
  const size = 200 * 1024 * 1024;
  let held: Promise<number> | undefined;
  used.upstream.answer = (_request, connection) => {
    connection.send(head("HTTP/1.1 200 OK", `Content-Length: ${size}`));
    held = writeUntilHeld(connection.socket, size);
  };
  const client = await connect(used.gateway.proxyPort);
  client.socket.pause();
  client.send(get("/pass"));
  await used.upstream.request();
  const written = await held;
  assert.ok(written !== undefined && written < 40 * 1024 * 1024, `it got rid of ${written} bytes`);
  client.abort();
});

for (const [path, what] of [
  ["/throw-request", "throws"],
  ["/loop-request", "loops"],
] as const) {
  test(`W3 chunks: a policy that ${what} at a request's chunk costs its request 500, and no other`, async () => {
    const mark = used.gateway.mark;
    const client = await connect(used.gateway.proxyPort);
    client.send(`${post(path, "Content-Length: 10")}abcde`);
    assert.equal((await client.response("POST")).status, 500);
    await used.gateway.logged(/plugin_failed/, mark);
    // The rest of the body is nobody's next request.
    client.send(`fghij${get("/pass")}`);
    assert.doesNotMatch(await client.rest(), /HTTP\/1/);
    // What the upstream got of it is cut off, not taken for the whole.
    assert.equal(used.upstream.requests.length, 0);
    assert.equal((await used.gateway.ask(`${post("/upper", "Content-Length: 1")}a`)).status, 200);
  });
}

test("W3 chunks: a policy that throws at a response's chunk cuts the response off", async () => {
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "secret"));
  const client = await connect(used.gateway.proxyPort);
  const text = await client.send(get("/throw-response")).rest();
  assert.doesNotMatch(text, /secret|0\r\n\r\n$/);
});

test("W3 chunks: with fail_open what a policy fails at passes as it is", async () => {
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "hello"));
  const response = await used.gateway.ask(`${post("/open", "Content-Length: 2")}ab`);
  assert.equal(response.status, 200);
  assert.equal(response.text, "hello");
  assert.equal((await used.upstream.request()).body.toString(), "ab");
});

test("C4 chunks: a client that goes away in the middle takes its upstream request with it", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(`${post("/upper", "Content-Length: 10")}abcde`);
  await used.upstream.until(() => used.upstream.byteCount > 0, "the first bytes");
  client.abort();
  await used.upstream.until(() => used.upstream.openCount === 0, "the end of the connection");
  assert.equal(used.upstream.requests.length, 0);
});

test("H21 chunks: an answer before the end of the body reaches the client, and the rest is no request", async () => {
  used.upstream.onHead = (_request, connection) => connection.send(reply("401 Unauthorized", "no"));
  const client = await connect(used.gateway.proxyPort);
  client.send(`${post("/upper", "Content-Length: 100")}abcde`);
  const response = await client.response("POST");
  assert.equal(response.status, 401);
  assert.equal(response.text, "NO");
  client.send(get("/pass"));
  assert.equal(await client.rest(), "");
  assert.equal(used.upstream.requests.length, 0);
});

test("H24 chunks: Expect: 100-continue is answered once", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(post("/upper", "Content-Length: 2", "Expect: 100-continue"));
  assert.equal((await client.message("POST")).status, 100);
  client.send("ab");
  assert.equal((await client.message("POST")).status, 200);
  assert.equal((await used.upstream.request()).body.toString(), "AB");
  client.abort();
});

/** Takes chunks apart as they come, of a response of which the head may come in the first piece. */
class ChunkedSizes {
  size = 0;
  isWhole = false;
  readonly #sink: (piece: Buffer) => void;
  #text: Buffer = Buffer.alloc(0);
  #left = -1;

  constructor(sink: (piece: Buffer) => void) {
    this.#sink = sink;
  }

  push(piece: Buffer): void {
    this.#text = Buffer.concat([this.#text, piece]);
    while (this.#step());
  }

  /** -1 is before the head's end, 0 before a chunk's size. */
  #step(): boolean {
    const line = this.#text.indexOf("\r\n");
    if (this.#left === -1) {
      const end = this.#text.indexOf("\r\n\r\n");
      if (end < 0) return false;
      this.#text = this.#text.subarray(end + 4);
      this.#left = 0;
      return true;
    }
    if (this.#left === 0) {
      if (line < 0) return false;
      if (line > 0) this.#left = Number.parseInt(this.#text.toString("latin1", 0, line), 16);
      this.isWhole = line > 0 && this.#left === 0;
      this.#text = this.#text.subarray(line + 2);
      return !this.isWhole;
    }
    if (this.#text.length === 0) return false;
    const data = this.#text.subarray(0, this.#left);
    this.#sink(data);
    this.size += data.length;
    this.#left -= data.length;
    this.#text = this.#text.subarray(data.length);
    return true;
  }
}

/** Writes until the socket takes nothing for a while; gives the bytes that left this process. */
async function writeUntilHeld(
  socket: {
    write(bytes: Buffer): boolean;
    once(event: "drain", listener: () => void): unknown;
    bytesWritten: number;
    writableLength: number;
  },
  size: number,
): Promise<number> {
  const piece = Buffer.alloc(256 * 1024, "x");
  for (let sent = 0; sent < size; sent += piece.length) {
    if (socket.write(piece)) continue;
    const hasDrained = await Promise.race([
      new Promise<boolean>((resolve) => socket.once("drain", () => resolve(true))),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 700)),
    ]);
    if (!hasDrained) break;
  }
  return socket.bytesWritten - socket.writableLength;
}
