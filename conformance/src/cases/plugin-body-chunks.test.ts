// Policies that see bodies piece by piece: what they make of them arrives, framed rightly.
import assert from "node:assert/strict";
import { test } from "node:test";

import { assertServesOn, CHUNKED, post, useChunkPolicies } from "../harness/body-policies.ts";
import { connect, get, head } from "../harness/client.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { reply } from "../harness/upstream.ts";

const used = useChunkPolicies();

function inChunks(...texts: readonly string[]): string {
  return [...texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`), "0\r\n\r\n"].join(
    "",
  );
}

for (const [framing, line, body] of [
  ["length", "Content-Length: 5", "hello"],
  ["chunks", CHUNKED, inChunks("he", "llo")],
] as const) {
  test(`chunks: a request's body framed by ${framing} arrives as the policy makes it`, async () => {
    for (const [path, expected] of [
      ["/pass", "hello"],
      ["/upper", "HELLO"],
      ["/double", "hellohello"],
      ["/drop", ""],
      ["/tail", "hellotail"],
    ] as const) {
      used.upstream.reset();
      const client = await connect(used.gateway.proxyPort);
      client.send(post(path, line) + body);
      assert.equal((await client.response("POST")).status, 200);
      const request = await used.upstream.request();
      assert.equal(request.body.toString("latin1"), expected);
      assert.equal(request.header("content-length"), undefined);
      assert.equal(request.header("transfer-encoding"), "chunked");
      await assertServesOn(used, client, "/skip");
    }
  });

  test(`chunks: a response's body framed by ${framing} arrives as the policy makes it`, async () => {
    for (const [path, expected] of [
      ["/pass", "hello"],
      ["/upper", "HELLO"],
      ["/double", "hellohello"],
      ["/drop", ""],
      ["/tail", "hellotail"],
    ] as const) {
      used.upstream.answer = (_request, connection) =>
        connection.send(head("HTTP/1.1 200 OK", line, 'ETag: "a"') + body);
      const client = await connect(used.gateway.proxyPort);
      const response = await client.send(get(path)).response();
      assert.equal(response.text, expected);
      assert.equal(response.header("content-length"), undefined);
      assert.equal(response.framing, "chunked");
      assert.equal(response.header("etag"), '"a"');
      await assertServesOn(used, client, "/skip");
    }
  });
}

test("chunks: a body that ends with its connection arrives whole, and one that is cut does not", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(`${head("HTTP/1.1 200 OK")}hello`).end();
  const response = await used.gateway.get("/upper");
  assert.equal(response.text, "HELLO");
  assert.equal(response.framing, "chunked");

  used.upstream.answer = (_request, connection) =>
    connection.send(`${head("HTTP/1.1 200 OK", "Content-Length: 10")}hello`).end();
  const client = await connect(used.gateway.proxyPort);
  const text = await client.send(get("/upper")).rest();
  assert.match(text, /HELLO\r\n$/);
});

test("chunks: an HTTP/1.0 client gets the body up to the end of its connection", async () => {
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "hello"));
  const client = await connect(used.gateway.proxyPort);
  client.send(head("GET /double HTTP/1.0", "Host: gw.test", "Connection: keep-alive"));
  const text = await client.rest();
  assert.match(text, /\r\nConnection: close\r\n/);
  assert.doesNotMatch(text, /content-length|transfer-encoding/i);
  assert.match(text, /\r\n\r\nhellohello$/);
});

test("chunks: messages without a body stay as they are", async () => {
  const request = await used.gateway.get("/upper");
  assert.equal(request.status, 200);
  const seen = await used.upstream.request();
  assert.equal(seen.header("transfer-encoding"), undefined);
  assert.equal(seen.header("content-length"), undefined);

  for (const [method, status, line] of [
    ["HEAD", "200 OK", "Content-Length: 5"],
    ["GET", "304 Not Modified", "Content-Length: 5"],
    ["GET", "204 No Content", "X-A: 1"],
  ] as const) {
    used.upstream.answer = (_request, connection) =>
      connection.send(head(`HTTP/1.1 ${status}`, line));
    const client = await connect(used.gateway.proxyPort);
    client.send(head(`${method} /double HTTP/1.1`, "Host: gw.test"));
    const response = await client.response(method);
    assert.equal(`${response.status}`, status.slice(0, 3));
    // What the length would have been is not known.
    assert.equal(response.header("content-length"), undefined);
    assert.equal(response.header("transfer-encoding"), undefined);
    await assertServesOn(used, client, "/skip");
  }
});

test("chunks: a policy that skips a body leaves its length alone", async () => {
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "hello"));
  const response = await used.gateway.ask(`${post("/skip", "Content-Length: 2")}ab`);
  assert.equal(response.header("content-length"), "5");
  const request = await used.upstream.request();
  assert.equal(request.header("content-length"), "2");
  assert.equal(request.header("transfer-encoding"), undefined);
});

test("chunks: a policy may skip the rest of a body", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(`${post("/skip-rest", CHUNKED)}2\r\nab\r\n`);
  await used.upstream.until(() => used.upstream.byteCount > 0, "the first chunk");
  const before = used.upstream.byteCount;
  client.send("2\r\ncd\r\n");
  await used.upstream.until(() => used.upstream.byteCount > before, "the second chunk");
  client.send("0\r\n\r\n");
  assert.equal((await client.response("POST")).status, 200);
  assert.equal((await used.upstream.request()).body.toString(), "[ab]cd");
  client.abort();
});

test("chunks: what has come of a response reaches the client before the rest has come", async () => {
  let end: (() => void) | undefined;
  used.upstream.answer = (_request, connection) => {
    connection.send(`${head("HTTP/1.1 200 OK", CHUNKED)}5\r\nhello\r\n`);
    end = () => connection.send("0\r\n\r\n");
  };
  const client = await connect(used.gateway.proxyPort);
  const { size } = await client.send(get("/upper")).head();
  assert.match((await client.bytes(size + 10)).toString(), /\r\n\r\n5\r\nHELLO\r\n$/);
  end?.();
  assert.equal((await client.response()).text, "HELLO");
  client.abort();
});

test("chunks: trailers go through, both ways", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(
      `${head("HTTP/1.1 200 OK", CHUNKED, "Trailer: X-Sum")}2\r\nab\r\n0\r\nX-Sum: 1\r\n\r\n`,
    );
  const client = await connect(used.gateway.proxyPort);
  const lines = [CHUNKED, "Trailer: X-Mine", "Connection: TE", "TE: trailers"];
  client.send(`${post("/upper", ...lines)}2\r\ncd\r\n0\r\nX-Mine: 2\r\n\r\n`);
  const response = await client.response("POST");
  assert.equal(response.text, "AB");
  assert.deepEqual(response.trailers, [["X-Sum", "1"]]);
  const request = await used.upstream.request();
  assert.equal(request.body.toString(), "CD");
  assert.deepEqual(request.trailers, [["X-Mine", "2"]]);
  client.abort();
});

test("H13 chunks: thousands of chunks of one byte cost as many calls as there are reads", async () => {
  const count = 5000;
  const response = await used.gateway.ask(
    post("/upper", CHUNKED) + inChunks(...Array.from({ length: count }, () => "a")),
  );
  assert.equal(response.status, 200);
  assert.equal((await used.upstream.request()).body.toString(), "A".repeat(count));
  const calls = Number(response.header("x-chunks"));
  assert.ok(calls >= 1 && calls < 100, `${calls} calls`);
});

test("chunks: bytes of every value go through as they are", async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
  used.upstream.answer = ({ body }, connection) =>
    connection
      .send(head("HTTP/1.1 200 OK", "Content-Encoding: gzip", `Content-Length: 256`))
      .send(body);
  const client = await connect(used.gateway.proxyPort);
  client.send(post("/pass", "Content-Length: 256")).send(bytes);
  const response = await client.response("POST");
  assert.equal(response.body.toString("hex"), bytes.toString("hex"));
  assert.equal(response.header("content-encoding"), "gzip");
  client.abort();
});

test("H22 chunks: an Upgrade is untouched", async () => {
  used.upstream.onHead = (_request, { socket }) => {
    socket.removeAllListeners("data");
    socket.write(head("HTTP/1.1 101 Switching Protocols", "Upgrade: foo", "Connection: upgrade"));
    socket.pipe(socket);
  };
  used.upstream.answer = () => undefined;
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/double", "Connection: upgrade", "Upgrade: foo"));
  assert.equal((await client.message()).status, 101);
  client.send("abc");
  assert.equal((await client.bytes(3)).toString(), "abc");
  client.abort();
});

test("chunks: the bytes that policies got are counted", async () => {
  const count = async (): Promise<number> => {
    const { text } = await used.gateway.status("/metrics");
    const labels = { plugin: "bodies-by-chunk" };
    return total(parseMetrics(text), "sluice_plugin_body_bytes_total", labels);
  };
  const before = await count();
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "hello"));
  await used.gateway.ask(`${post("/upper", "Content-Length: 2")}ab`);
  assert.equal((await count()) - before, 7);
});
