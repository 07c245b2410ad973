// Large bodies arrive as they were sent, however they are framed, and are not kept on the way.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { residentBytesOf } from "../harness/footprint.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

// Prime, so that no two pieces of any size in the file are the same.
const PATTERN = Buffer.from(Array.from({ length: 65_521 }, (_, at) => (at * at) & 255));
const BODY = Buffer.concat(Array.from({ length: 64 }, () => PATTERN)); // 4 MB
const SHA = createHash("sha256").update(BODY).digest("hex");

const FRAMINGS: Readonly<Record<string, { readonly line: string; readonly text: Buffer }>> = {
  length: { line: `Content-Length: ${BODY.length}`, text: BODY },
  "chunked, in large chunks": { line: "Transfer-Encoding: chunked", text: chunked(100_000) },
  "chunked, in small chunks": { line: "Transfer-Encoding: chunked", text: chunked(1000) },
};

function chunked(size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < BODY.length; at += size) {
    const piece = BODY.subarray(at, at + size);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}

// The first one: what the others leave in the heap would hide what this one adds.
test("bodies: hundreds of MB go through without growing the process by as many", async () => {
  const size = 400 * 1024 * 1024;
  const before = await residentBytes();
  used.upstream.answer = (_request, connection) => {
    connection.send(head("HTTP/1.1 200 OK", `Content-Length: ${size}`));
    let left = size;
    const more = (): void => {
      while (left > 0) {
        const piece = BODY.subarray(0, Math.min(left, 1024 * 1024));
        left -= piece.length;
        if (!connection.socket.write(piece)) {
          connection.socket.once("drain", more);
          return;
        }
      }
    };
    more();
  };
  const { socket } = await connect(used.gateway.proxyPort);
  socket.removeAllListeners("data");
  let most = 0;
  let got = 0;
  socket.write(get("/down"));
  for await (const piece of socket as AsyncIterable<Buffer>) {
    got += piece.length;
    if (got % (16 * 1024 * 1024) < piece.length) most = Math.max(most, await residentBytes());
    if (got >= size) break;
  }
  socket.destroy();
  assert.ok(most - before < 40 * 1024 * 1024, `grew by ${most - before} bytes`);
});

for (const [kind, { line, text }] of Object.entries(FRAMINGS)) {
  test(`bodies: 4 MB arrive at the upstream as they were sent, framed by ${kind}`, async () => {
    const client = await connect(used.gateway.proxyPort);
    client.send(head("POST /up HTTP/1.1", "Host: gw.test", line)).send(text);
    assert.equal((await client.response("POST", 20_000)).status, 200);
    const { body } = await used.upstream.request();
    assert.equal(body.length, BODY.length);
    assert.equal(createHash("sha256").update(body).digest("hex"), SHA);
    client.socket.destroy();
  });

  test(`bodies: 4 MB arrive at the client as they were sent, framed by ${kind}`, async () => {
    used.upstream.answer = (_request, connection) =>
      connection.send(head("HTTP/1.1 200 OK", line)).send(text);
    const client = await connect(used.gateway.proxyPort);
    const response = await client.send(get("/down")).response("GET", 20_000);
    assert.equal(response.body.length, BODY.length);
    assert.equal(createHash("sha256").update(response.body).digest("hex"), SHA);
    client.socket.destroy();
  });
}

function residentBytes(): Promise<number> {
  return residentBytesOf(used.gateway.process.pid);
}
