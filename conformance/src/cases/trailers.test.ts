// Trailers go through as trailers, both ways, and only those that can do no harm (RFC 9110 §6.5).
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import type { UpstreamRequest } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

const CHUNKED = ["Host: gw.test", "Transfer-Encoding: chunked"];

/** Sends a chunked request with these trailer lines; gives what the upstream got. */
async function sent(trailers: readonly string[], ...lines: string[]): Promise<UpstreamRequest> {
  const response = await used.gateway.ask(
    `${head("POST /t HTTP/1.1", ...CHUNKED, ...lines)}2\r\nab\r\n0\r\n${head(...trailers)}`,
  );
  assert.equal(response.status, 200);
  return used.upstream.request();
}

/** A request with these lines, answered in chunks with these trailer lines. */
async function answered(trailers: readonly string[], request: string): Promise<Response> {
  used.upstream.answer = (_request, connection) =>
    connection.send(
      `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Trailer: X-Sum, Host")}` +
        `2\r\nab\r\n0\r\n${head(...trailers)}`,
    );
  const response = await used.gateway.ask(request);
  assert.equal(response.status, 200);
  assert.equal(response.text, "ab");
  return response;
}

test("trailers: those of a request go upstream behind its body", async () => {
  const request = await sent(["X-Sum:  1 ", "X-B: \xe9", "x-sum: 2"], "Trailer: X-Sum, X-B");
  assert.deepEqual(request.trailers, [
    ["X-Sum", "1"],
    ["X-B", "\xe9"],
    ["x-sum", "2"],
  ]);
  assert.equal(request.header("trailer"), "X-Sum, X-B");
  assert.equal(request.header("x-sum"), undefined);
});

const FORBIDDEN = [
  "Content-Length: 5",
  "Transfer-Encoding: chunked",
  "Transfer_Encoding: chunked",
  "Host: other.test",
  "Connection: close",
  "TE: trailers",
  "Trailer: a",
  "Upgrade: foo",
  "Authorization: Basic eA==",
  "Proxy-Authorization: x",
  "Cookie: a=b",
  "Set-Cookie: a=b",
  "Cache-Control: no-store",
  "If-None-Match: x",
  "Range: bytes=0-1",
  "Expect: 100-continue",
  "Max-Forwards: 0",
  "Content-Type: text/html",
  "content_encoding: gzip",
  "Accept-Language: en",
  "Via: 1.1 x",
  "X-Forwarded-For: 192.0.2.1",
  "X_Forwarded_Proto: https",
  "X-Real-IP: 192.0.2.1",
  "X-Consumer-Username: root",
  "X-Request-Id: mine",
];

test("H26 trailers: what frames, routes, authenticates or is the gateway's is dropped from a request", async () => {
  const request = await sent([...FORBIDDEN, "X-Kept: 1"], "Trailer: Host, X-Kept");
  assert.deepEqual(request.trailers, [["X-Kept", "1"]]);
  assert.equal(request.header("trailer"), "X-Kept");
  assert.equal(request.header("authorization"), undefined);
});

test("trailers: those of a response go to a client that says TE: trailers", async () => {
  const response = await answered(
    ["X-Sum: 1", "Content-Digest: sha-256=:YQ==:"],
    get("/t", "Connection: TE", "TE: trailers, deflate;q=0.5"),
  );
  assert.deepEqual(response.trailers, [
    ["X-Sum", "1"],
    ["Content-Digest", "sha-256=:YQ==:"],
  ]);
  assert.equal(response.header("trailer"), "X-Sum");
  const request = await used.upstream.request();
  assert.equal(request.header("te"), "trailers");
  assert.equal(request.header("connection"), "TE");
});

test("H26 trailers: the same names are dropped from a response", async () => {
  const response = await answered([...FORBIDDEN, "X-Kept: 1"], get("/t", "TE: trailers"));
  assert.deepEqual(response.trailers, [["X-Kept", "1"]]);
});

test("trailers: a client that did not ask for them gets none", async () => {
  for (const lines of [[], ["TE: gzip"], ["TE: xtrailers"]]) {
    used.upstream.reset();
    const response = await answered(["X-Sum: 1"], get("/t", ...lines));
    assert.deepEqual(response.trailers, []);
    assert.equal(response.header("trailer"), undefined);
    assert.equal((await used.upstream.request()).header("te"), undefined);
  }
});

test("trailers: a client of HTTP/1.0 gets none, whatever it says", async () => {
  const request = head("GET /t HTTP/1.0", "Host: gw.test", "Connection: TE", "TE: trailers");
  const response = await answered(["X-Sum: 1"], request);
  assert.equal(response.framing, "close");
  assert.equal((await used.upstream.request()).header("te"), undefined);
});

test("trailers: the connection goes on behind them", async () => {
  const client = await connect(used.gateway.proxyPort);
  const post = `${head("POST /1 HTTP/1.1", ...CHUNKED)}0\r\nX-Sum: 1\r\n\r\n`;
  client.send(post + get("/2"));
  assert.equal((await client.response("POST")).status, 200);
  assert.equal((await client.response()).status, 200);
  assert.deepEqual(
    used.upstream.requests.map((request) => request.target),
    ["/1", "/2"],
  );
  client.socket.destroy();
});

const TOO_LARGE: Readonly<Record<string, string>> = {
  "too many": "A: b\r\n".repeat(100),
  "too long": `A: ${"b".repeat(10_000)}\r\n`,
};
for (const [kind, lines] of Object.entries(TOO_LARGE)) {
  test(`H13 trailers: ${kind} in a request are 431, and the connection ends`, async () => {
    const client = await connect(used.gateway.proxyPort);
    client.send(`${head("POST /t HTTP/1.1", ...CHUNKED)}0\r\n${lines}\r\n${get("/next")}`);
    assert.match(await client.rest(), /^HTTP\/1\.1 431 [^]*\r\nConnection: close\r\n/);
    assert.equal(used.upstream.requests.length, 0);
  });

  test(`U9 trailers: ${kind} in a response end it without a clean end`, async () => {
    used.upstream.answer = (_request, connection) =>
      connection.send(
        `${head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")}2\r\nab\r\n0\r\n${lines}\r\n`,
      );
    const client = await connect(used.gateway.proxyPort);
    client.send(get("/t", "TE: trailers"));
    const text = await client.rest();
    assert.ok(text === "" || text.startsWith("HTTP/1.1 502") || !text.includes("\r\n0\r\n"), text);
  });
}
