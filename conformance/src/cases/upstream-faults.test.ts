// Upstreams that fail, lie or say nonsense: the client gets a clear error, the gateway lives, and a connection
// whose end is in doubt is never used again.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { closedPort, reply } from "../harness/upstream.ts";

const used = useGateway(async ([port = 0]) => ({
  config: config({
    services: [
      service("all", port, "/"),
      service("refused", await closedPort(), "/refused", { retries: 0 }),
      service("impatient", port, "/impatient", { read_timeout: 300, write_timeout: 300 }),
      {
        name: "no-target",
        host: "empty.upstream",
        routes: [{ name: "no-target-route", paths: ["/no-target"] }],
      },
    ],
    upstreams: [{ name: "empty.upstream", targets: [] }],
    routes: [{ name: "no-service", paths: ["/no-service"] }],
  }),
}));

const INVALID = "An invalid response was received from the upstream server";
const TIMING_OUT = "The upstream server is timing out";

function assertGatewayError(response: Response, status: number, message: string): void {
  assert.equal(response.status, status);
  assert.match(response.header("content-type") ?? "", /^application\/json/);
  assert.deepEqual(response.json(), { message, request_id: response.header("x-request-id") });
  assert.match(response.header("x-request-id") ?? "", /^[0-9a-f-]{32,36}$/);
}

/** The gateway lives, serves the next request, and what the faulty connection said does not leak into it. */
async function assertServesOn(): Promise<void> {
  used.upstream.reset();
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "clean"));
  assert.equal((await used.gateway.get("/after")).text, "clean");
}

test("U1 upstream: a refused connection is 502 as JSON", async () => {
  assertGatewayError(await used.gateway.get("/refused"), 502, INVALID);
});

test("U1 upstream: a reset before the head is 502", async () => {
  used.upstream.answer = (_request, connection) => connection.reset();
  assertGatewayError(await used.gateway.get("/reset"), 502, INVALID);
  await assertServesOn();
});

test("U1 upstream: a close before the head is 502", async () => {
  used.upstream.answer = (_request, connection) => connection.end();
  assertGatewayError(await used.gateway.get("/closed"), 502, INVALID);
  await assertServesOn();
});

test("U1 upstream: a close in the middle of the head is 502", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send("HTTP/1.1 200 OK\r\nContent-Le").end();
  assertGatewayError(await used.gateway.get("/cut"), 502, INVALID);
  await assertServesOn();
});

test("U2 upstream: no answer within read_timeout is 504", async () => {
  used.upstream.answer = () => {};
  const start = performance.now();
  assertGatewayError(await used.gateway.get("/impatient"), 504, TIMING_OUT);
  const took = performance.now() - start;
  assert.ok(took >= 280 && took < 3_000, `${took} ms`);
  await assertServesOn();
});

test("U2 upstream: a head that does not end within read_timeout is 504", async () => {
  used.upstream.answer = (_request, connection) => connection.send("HTTP/1.1 200 OK\r\nX-A:");
  assertGatewayError(await used.gateway.get("/impatient"), 504, TIMING_OUT);
});

test("U2 upstream: a body that stops for longer than read_timeout cuts the client off", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(`${head("HTTP/1.1 200 OK", "Content-Length: 10")}abc`);
  const client = await connect(used.gateway.proxyPort);
  const text = await client.send(get("/impatient")).rest();
  assert.match(text, /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nabc$/);
});

test("U2 upstream: an upstream that takes no body within write_timeout is 504, or the client is cut off", async () => {
  used.upstream.isPaused = true;
  const client = await connect(used.gateway.proxyPort);
  const size = 64 * 1024 * 1024;
  client.send(head("POST /impatient HTTP/1.1", "Host: gw.test", `Content-Length: ${size}`));
  client.send(Buffer.alloc(size));
  const text = await client.rest();
  assert.match(text, /^(HTTP\/1\.1 504 |$)/);
  await assertServesOn();
});

const CUT_BODIES: Readonly<Record<string, string>> = {
  "a short Content-Length body": `${head("HTTP/1.1 200 OK", "Content-Length: 10")}abc`,
  "a cut chunk": `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}a\r\nabc`,
  "no last chunk": `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}3\r\nabc\r\n`,
  "a malformed chunk": `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}3\r\nabc\r\nxyz\r\n`,
};

for (const [what, bytes] of Object.entries(CUT_BODIES)) {
  test(`U3 upstream: ${what} ends in an aborted client connection, never in a clean end`, async () => {
    used.upstream.answer = (_request, connection) => {
      connection.send(bytes);
      setTimeout(() => connection.end(), 30);
    };
    const client = await connect(used.gateway.proxyPort);
    client.send(get("/cut"));
    await assert.rejects(client.response(), /cut short|closed before/);
    await assertServesOn();
  });
}

const CONFUSED_FRAMINGS: Readonly<Record<string, readonly string[]>> = {
  "Transfer-Encoding and Content-Length": ["Transfer-Encoding: chunked", "Content-Length: 3"],
  "chunked twice": ["Transfer-Encoding: chunked, chunked"],
  "two Transfer-Encoding lines": ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
  "a gzip transfer coding": ["Transfer-Encoding: gzip, chunked"],
  "an unknown transfer coding": ["Transfer-Encoding: pigeons"],
  "two Content-Length": ["Content-Length: 3", "Content-Length: 4"],
  "a Content-Length list": ["Content-Length: 3, 4"],
  "a Content-Length with a sign": ["Content-Length: +3"],
  "a Content-Length that is no number": ["Content-Length: 3x"],
};

for (const [what, lines] of Object.entries(CONFUSED_FRAMINGS)) {
  test(`U4 upstream: ${what} is 502 and the connection is dropped`, async () => {
    used.upstream.answer = (_request, connection) =>
      connection.send(`${head("HTTP/1.1 200 OK", ...lines)}3\r\nabc\r\n0\r\n\r\n`);
    const open = used.upstream.openCount;
    assertGatewayError(await used.gateway.get("/framing"), 502, INVALID);
    await used.upstream.until(() => used.upstream.openCount <= open, "the connection's end");
    await assertServesOn();
  });
}

test("U4 upstream: Transfer-Encoding in an HTTP/1.0 response is 502", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(
      `${head("HTTP/1.0 200 OK", "Transfer-Encoding: chunked")}3\r\nabc\r\n0\r\n\r\n`,
    );
  assertGatewayError(await used.gateway.get("/framing"), 502, INVALID);
});

test("U5 upstream: bytes after the response are never anybody's answer", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(reply("200 OK", "first") + reply("200 OK", "poison"));
  assert.equal((await used.gateway.get("/1")).text, "first");
  const poisoned = (await used.upstream.request()).connection;
  await assertServesOn();
  assert.notEqual((await used.upstream.request()).connection, poisoned);
});

for (const line of [
  "HTTP/1.1 099 Low",
  "HTTP/1.1 600 High",
  "HTTP/1.1 20 Short",
  "HTTP/1.1 2OO OK",
]) {
  test(`U7 upstream: the status line ${JSON.stringify(line)} is 502`, async () => {
    used.upstream.answer = (_request, connection) =>
      connection.send(head(line, "Content-Length: 0"));
    assertGatewayError(await used.gateway.get("/status"), 502, INVALID);
    await assertServesOn();
  });
}

for (const line of ["HTTP/1.1 200 ", "HTTP/1.1 200 Tr\xe8s bien", "HTTP/1.0 200 OK"]) {
  test(`U7 upstream: the status line ${JSON.stringify(line)} is fine`, async () => {
    used.upstream.answer = (_request, connection) =>
      connection.send(`${head(line, "Content-Length: 2")}ok`);
    assert.equal((await used.gateway.get("/status")).text, "ok");
  });
}

const MALFORMED_HEADS: Readonly<Record<string, string>> = {
  "a header line of 100 KB": head("HTTP/1.1 200 OK", `X: ${"y".repeat(100_000)}`),
  "three thousand headers": head(
    "HTTP/1.1 200 OK",
    ...Array.from({ length: 3_000 }, (_, n) => `X${n}: y`),
  ),
  "NUL in a value": head("HTTP/1.1 200 OK", "X: a\0b"),
  "a bare CR in a value": head("HTTP/1.1 200 OK", "X: a\rb"),
  "a bare LF in a value": head("HTTP/1.1 200 OK", "X: a\nb: c"),
  "bare LF line ends": "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
  "a folded line": head("HTTP/1.1 200 OK", "X: a", " b"),
  "a space before the colon": head("HTTP/1.1 200 OK", "X : a"),
  "a line without a colon": head("HTTP/1.1 200 OK", "nonsense"),
  "an empty field name": head("HTTP/1.1 200 OK", ": a"),
};

for (const [what, bytes] of Object.entries(MALFORMED_HEADS)) {
  test(`U9 upstream: ${what} is 502`, async () => {
    used.upstream.answer = (_request, connection) => connection.send(bytes);
    assertGatewayError(await used.gateway.get("/head"), 502, INVALID);
    await assertServesOn();
  });
}

for (const banner of [
  "SSH-2.0-OpenSSH_9.6\r\n",
  "<html>hello</html>",
  "\r\n\r\n\r\n",
  "HTTP/2.0 200 OK\r\n\r\n",
]) {
  test(`U10 upstream: ${JSON.stringify(banner)} in place of HTTP/1.1 is 502`, async () => {
    used.upstream.answer = (_request, connection) => connection.send(banner).end();
    assertGatewayError(await used.gateway.get("/junk"), 502, INVALID);
    await assertServesOn();
  });
}

test("errors: a service whose upstream has no target is 503", async () => {
  assertGatewayError(
    await used.gateway.get("/no-target"),
    503,
    "failure to get a peer from the ring-balancer",
  );
});

test("errors: a HEAD that fails gets the status without a body", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(head("HEAD /refused HTTP/1.1", "Host: gw.test", "Connection: close"));
  assert.equal((await client.response("HEAD")).status, 502);
  assert.equal(await client.rest(), "");
});

test("L4 errors: what the client is told names no address and no cause", async () => {
  const { text } = await used.gateway.get("/refused");
  assert.doesNotMatch(text, /127\.0\.0\.1|ECONN|\.ts/);
});
