// Requests and responses pass through as they are: methods, targets, statuses and bodies of every framing.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => ({
  config: config({ services: [service("all", port, "/")] }),
}));

for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
  test(`forwarding: sends ${method} on and its answer back`, async () => {
    used.upstream.answer = (_request, connection) =>
      connection.send(reply("200 OK", "answer", "X-From: upstream"));
    const response = await used.gateway.ask(
      head(`${method} /a/b?c=d&c=e HTTP/1.1`, "Host: gw.test", "Content-Length: 0"),
    );
    assert.equal(response.status, 200);
    assert.equal(response.text, "answer");
    assert.equal(response.header("x-from"), "upstream");
    const request = await used.upstream.request();
    assert.equal(request.method, method);
    assert.equal(request.target, "/a/b?c=d&c=e");
  });
}

test("forwarding: keeps a query's bytes as the client wrote them", async () => {
  const query = "?a=%20%2f%2F&b=+&&c&d=%e4&=x&e[]=1;f='(!*)";
  await used.gateway.get(`/q${query}`);
  assert.equal((await used.upstream.request()).target, `/q${query}`);
});

for (const [status, reason] of [
  ["201", "Created"],
  ["302", "Found"],
  ["404", "Not Found"],
  ["418", "I'm a teapot"],
  ["500", "Internal Server Error"],
  ["503", "Service Unavailable"],
]) {
  test(`forwarding: gives the upstream's ${status} back with its own body`, async () => {
    used.upstream.answer = (_request, connection) =>
      connection.send(reply(`${status} ${reason}`, "mine", "Content-Type: text/x"));
    const response = await used.gateway.get("/status");
    assert.equal(response.status, Number(status));
    assert.equal(response.text, "mine");
    assert.equal(response.header("content-type"), "text/x");
  });
}

test("forwarding: a request body with Content-Length arrives whole", async () => {
  const body = Buffer.from(Array.from({ length: 256 }, (_value, byte) => byte));
  await used.gateway.ask(
    Buffer.concat([
      Buffer.from(head("POST /b HTTP/1.1", "Host: gw.test", "Content-Length: 256")),
      body,
    ]),
  );
  const request = await used.upstream.request();
  assert.deepEqual(request.body, body);
  assert.equal(request.header("content-length"), "256");
});

test("forwarding: a chunked request body arrives whole, still framed", async () => {
  const response = await used.gateway.ask(
    `${head("POST /b HTTP/1.1", "Host: gw.test", "Transfer-Encoding: chunked")}3\r\nabc\r\n` +
      `A;ext=dropped\r\n0123456789\r\n0\r\n\r\n`,
  );
  assert.equal(response.status, 200);
  const request = await used.upstream.request();
  assert.equal(request.body.toString("latin1"), "abc0123456789");
});

test("forwarding: H20 a GET with a body reaches the upstream with its body", async () => {
  await used.gateway.ask(`${get("/b", "Content-Length: 5")}hello`);
  assert.equal((await used.upstream.request()).body.toString("latin1"), "hello");
});

test("forwarding: a body that comes byte by byte goes on as it comes", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(head("PUT /slow HTTP/1.1", "Host: gw.test", "Content-Length: 6"));
  client.send("abc");
  await used.upstream.until(() => used.upstream.byteCount > 0, "the head before the whole body");
  client.send("def");
  assert.equal((await client.response()).status, 200);
  assert.equal((await used.upstream.request()).body.toString("latin1"), "abcdef");
  client.socket.destroy();
});

test("forwarding: a response body with Content-Length comes back byte for byte", async () => {
  const body = Buffer.from(Array.from({ length: 4096 }, (_value, index) => (index * 7) & 0xff));
  used.upstream.answer = (_request, connection) => {
    connection.send(head("HTTP/1.1 200 OK", "Content-Length: 4096")).send(body);
  };
  const response = await used.gateway.get("/b");
  assert.deepEqual(response.body, body);
  assert.equal(response.header("content-length"), "4096");
});

test("forwarding: a chunked response comes back whole, still framed, without its extensions", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(
      `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}5;a=b\r\nhello\r\n` +
        `6\r\n world\r\n0\r\n\r\n`,
    );
  const response = await used.gateway.get("/b");
  assert.equal(response.framing, "chunked");
  assert.equal(response.text, "hello world");
});

test("forwarding: a response that ends with the connection comes back whole", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(`${head("HTTP/1.1 200 OK")}until the end`).end();
  const response = await used.gateway.get("/b");
  assert.equal(response.text, "until the end");
});

test("forwarding: a response goes on piece by piece, before it is complete", async () => {
  let finish = (): void => {};
  used.upstream.answer = (_request, connection) => {
    connection.send(`${head("HTTP/1.1 200 OK", "Content-Length: 8")}half`);
    finish = () => void connection.send("done");
  };
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/stream"));
  const partial = await client.head();
  await client.bytes(partial.size + 4);
  finish();
  assert.equal((await client.response()).text, "halfdone");
  client.socket.destroy();
});

test("forwarding: 8 MB pass both ways unchanged", async () => {
  const size = 8 * 1024 * 1024;
  const body = Buffer.alloc(size, "0123456789abcdef");
  used.upstream.answer = (request, connection) => {
    connection.send(head("HTTP/1.1 200 OK", `Content-Length: ${size}`)).send(request.body);
  };
  const client = await connect(used.gateway.proxyPort);
  client.send(head("POST /big HTTP/1.1", "Host: gw.test", `Content-Length: ${size}`)).send(body);
  const response = await client.response("POST", 20_000);
  assert.equal(response.body.equals(body), true);
  client.socket.destroy();
});

test("forwarding: a broken gzip body passes undecoded with its Content-Encoding (U11)", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(reply("200 OK", "\x1f\x8bnot really", "Content-Encoding: gzip"));
  const response = await used.gateway.get("/b", "Accept-Encoding: gzip");
  assert.equal(response.text, "\x1f\x8bnot really");
  assert.equal(response.header("content-encoding"), "gzip");
});

test("forwarding: an HTTP/1.0 client gets a body that it can read", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(
      `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}5\r\nhello\r\n0\r\n\r\n`,
    );
  const response = await used.gateway.ask(head("GET /old HTTP/1.0", "Host: gw.test"));
  assert.notEqual(response.framing, "chunked");
  assert.equal(response.text, "hello");
});
