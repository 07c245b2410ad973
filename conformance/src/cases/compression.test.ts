// compression: what is compressed, for whom, and that a stream stays one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliDecompressSync, createGunzip, gunzipSync, inflateSync } from "node:zlib";

import { connect, get } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { readChunked } from "../harness/message.ts";
import { reply } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => {
  const at = (name: string, fields: Entry, ...more: readonly Entry[]): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false }],
    plugins: [{ name: "compression", config: fields }, ...more],
  });
  return {
    config: config({
      services: [
        at("all", { encodings: ["br", "gzip", "deflate"], min_length: 20 }),
        at("small", { min_length: 1000 }),
        at(
          "changed",
          { encodings: ["gzip"], min_length: 1 },
          { name: "response-transformer", config: { add: { json: ["b:2"] } } },
        ),
        at(
          "stopped",
          { min_length: 5 },
          {
            name: "request-termination",
            config: { status_code: 200, body: "over ".repeat(50), content_type: "text/html" },
          },
        ),
      ],
    }),
  };
});

const TEXT = "all work and no play makes jack a dull boy. ".repeat(20);

function answerText(...lines: string[]): void {
  used.upstream.answer = (_request, connection) => {
    connection.send(reply("200 OK", TEXT, "Content-Type: text/plain; charset=utf-8", ...lines));
  };
}

function gunzipped(response: Response): string {
  return gunzipSync(response.body).toString();
}

test("compression: encodes with what the client likes best", async () => {
  answerText();
  for (const [accepted, coding, decode] of [
    ["gzip, br", "br", brotliDecompressSync],
    ["gzip, br;q=0.5", "gzip", gunzipSync],
    ["deflate", "deflate", inflateSync],
    ["*;q=0.1, br;q=0", "gzip", gunzipSync],
  ] as const) {
    const response = await used.gateway.get("/all", `Accept-Encoding: ${accepted}`);
    assert.equal(response.header("content-encoding"), coding, accepted);
    assert.equal(decode(response.body).toString(), TEXT);
    assert.ok(response.body.length < TEXT.length / 2);
    assert.equal(response.header("content-length"), undefined);
    assert.equal(response.header("vary"), "Accept-Encoding");
  }
});

test("compression: who does not accept it gets the plain body, and Vary", async () => {
  answerText();
  for (const accepted of ["identity", "gzip;q=0, br;q=0", "zstd", ""]) {
    const response = await used.gateway.get("/all", `Accept-Encoding: ${accepted}`);
    assert.equal(response.text, TEXT);
    assert.equal(response.header("content-encoding"), undefined);
    assert.equal(response.header("content-length"), String(TEXT.length));
    assert.equal(response.header("vary"), "Accept-Encoding");
  }
  assert.equal((await used.gateway.get("/all")).text, TEXT);
});

test("compression: the head says nothing of the bytes before", async () => {
  answerText(
    'ETag: "one"',
    "Accept-Ranges: bytes",
    "Content-Digest: sha-256=:AAAA:",
    "Vary: Origin",
  );
  const response = await used.gateway.get("/all", "Accept-Encoding: gzip");
  assert.equal(gunzipped(response), TEXT);
  assert.equal(response.header("etag"), 'W/"one"');
  assert.equal(response.header("accept-ranges"), undefined);
  assert.equal(response.header("content-digest"), undefined);
  assert.deepEqual(response.all("vary"), ["Origin", "Accept-Encoding"]);
});

test("U11 compression: what must not be encoded goes on to the byte", async () => {
  for (const [status, ...lines] of [
    ["200 OK", "Content-Type: image/png"],
    ["200 OK", "Content-Type: text/plain", "Content-Encoding: gzip"],
    ["200 OK", "Content-Type: text/plain", "Cache-Control: max-age=1, no-transform"],
    ["206 Partial Content", "Content-Type: text/plain", "Content-Range: bytes 0-9/20"],
  ] as const) {
    used.upstream.answer = (_request, connection) => {
      connection.send(reply(status, TEXT, ...lines));
    };
    const response = await used.gateway.get("/all", "Accept-Encoding: gzip, br");
    assert.equal(response.text, TEXT, lines.join());
    assert.equal(response.header("content-length"), String(TEXT.length));
  }
});

test("compression: small bodies, 204, 304 and answers to HEAD stay as they are", async () => {
  answerText();
  assert.equal((await used.gateway.get("/small", "Accept-Encoding: br")).text, TEXT);
  for (const [method, status] of [
    ["GET", "204 No Content"],
    ["GET", "304 Not Modified"],
    ["HEAD", "200 OK\r\nContent-Length: 5000"],
  ] as const) {
    used.upstream.answer = (_request, connection) => {
      connection.send(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\n\r\n`);
    };
    const asked = get("/all", "Accept-Encoding: br").replace("GET", method);
    const response = await used.gateway.ask(asked);
    assert.equal(response.header("content-encoding"), undefined, status);
    assert.equal(response.body.length, 0);
  }
});

test("compression: sees what plugins make of a body", async () => {
  used.upstream.answer = (_request, connection) => {
    connection.send(reply("200 OK", '{"a":1}', "Content-Type: application/json"));
  };
  const changed = await used.gateway.get("/changed", "Accept-Encoding: gzip");
  assert.deepEqual(JSON.parse(gunzipped(changed)), { a: 1, b: "2" });
  const stopped = await used.gateway.get("/stopped", "Accept-Encoding: gzip");
  assert.equal(gunzipped(stopped), "over ".repeat(50));
});

test("compression: a response over HTTP/1.0 stays plain", async () => {
  answerText();
  const client = await connect(used.gateway.proxyPort);
  client.send("GET /all HTTP/1.0\r\nHost: gw.test\r\nAccept-Encoding: gzip\r\n\r\n");
  assert.equal((await client.response()).text, TEXT);
  client.socket.destroy();
});

test("compression: connections are used again, whatever came before", async () => {
  answerText();
  const client = await connect(used.gateway.proxyPort);
  for (const accepted of ["gzip", "identity", "gzip"]) {
    const response = await client.send(get("/all", `Accept-Encoding: ${accepted}`)).response();
    assert.equal(accepted === "gzip" ? gunzipped(response) : response.text, TEXT);
  }
  client.socket.destroy();
});

for (const type of ["text/event-stream", "application/x-ndjson"]) {
  test(`compression: ${type} reaches the client piece by piece`, async () => {
    used.upstream.answer = (_request, connection) => {
      connection.send(
        `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      connection.send("7\r\ndata: 1\r\n");
    };
    const client = await connect(used.gateway.proxyPort);
    await client.send(get("/all", "Accept-Encoding: gzip")).head();
    const decoder = createGunzip();
    const first = new Promise((resolve) => decoder.once("data", resolve));
    let seen = 0;
    client.socket.on("data", (piece: Buffer) => (seen += piece.length));
    // The head, and behind it at least one chunk with the event in it.
    const bytes = await client.bytes((await client.head()).size + 20);
    const body = bytes.subarray((await client.head()).size);
    const size = Number.parseInt(body.toString("latin1"), 16);
    const at = body.indexOf("\r\n") + 2;
    decoder.write(body.subarray(at, at + size));
    if (body.length > at + size + 2) decoder.write(restOf(body.subarray(at + size + 2)));
    assert.equal(String(await first), "data: 1");
    decoder.destroy();
    client.socket.destroy();
  });
}

/** The data of the chunks that have come as a whole. */
function restOf(chunks: Buffer): Buffer {
  return readChunked(Buffer.concat([chunks, Buffer.from("0\r\n\r\n")]))?.body ?? Buffer.alloc(0);
}

test("C3 compression: an upstream is held back while the client reads nothing", async () => {
  const piece = Buffer.alloc(65_536);
  // What cannot be compressed, so that as much comes out as goes in.
  for (let at = 0; at < piece.length; at++) piece[at] = (at * 2_654_435_761) >>> (at % 24);
  const bytes = 64 * 1024 * 1024;
  let sent = 0;
  let isPaused = false;
  used.upstream.answer = (_request, { socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n`);
    const push = (): void => {
      while (sent < bytes && !socket.destroyed) {
        sent += piece.length;
        isPaused = !socket.write(piece);
        if (isPaused) return void socket.once("drain", push);
      }
    };
    push();
  };
  const client = await connect(used.gateway.proxyPort);
  client.socket.pause();
  client.send(get("/all", "Accept-Encoding: gzip"));
  let before = -1;
  // It has stopped when two looks one after the other see the same.
  while (before !== sent || sent === 0) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(sent < bytes / 2, `${sent} bytes were taken`);
  assert.equal(isPaused, true);
  client.socket.destroy();
});

test("U3 compression: a body that is cut upstream is cut for the client", async () => {
  used.upstream.answer = (_request, connection) => {
    connection.send(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nabc",
    );
    connection.end();
  };
  const client = await connect(used.gateway.proxyPort);
  const text = await client.send(get("/all", "Accept-Encoding: gzip")).rest();
  assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
});
