// 1xx responses, Expect, upgrades, trailers, and final responses that come before the request's end.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import type { Client } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

async function withClient(run: (client: Client) => Promise<void>): Promise<void> {
  const client = await connect(used.gateway.proxyPort);
  try {
    await run(client);
  } finally {
    client.socket.destroy();
  }
}

test("U6 interim: 103 is forwarded or dropped, and the final response follows", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(
      head("HTTP/1.1 103 Early Hints", "Link: </a.css>; rel=preload") + reply("200 OK", "final"),
    );
  await withClient(async (client) => {
    const first = await client.send(get("/hints")).message();
    if (first.status === 103) assert.equal(first.header("link"), "</a.css>; rel=preload");
    const final = first.status === 103 ? await client.response() : first;
    assert.equal(final.text, "final");
  });
});

test("U6 interim: a 100 that nobody asked for does not disturb the answer", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(head("HTTP/1.1 100 Continue") + reply("200 OK", "final"));
  await withClient(async (client) => {
    assert.equal((await client.send(get("/100")).response()).text, "final");
    assert.equal((await client.send(get("/100")).response()).text, "final");
  });
});

test("U6 interim: a thousand 103 neither stop the gateway nor break the connection", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(head("HTTP/1.1 103 Early Hints").repeat(1_000) + reply("200 OK", "final"));
  await withClient(async (client) => {
    const response = await client.send(get("/many")).response();
    assert.ok(response.status === 200 || response.status === 502);
  });
  used.upstream.reset();
  assert.equal((await used.gateway.get("/after")).status, 200);
});

test("U6 interim: a 101 that nobody asked for is 502", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(head("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: upgrade"));
  assert.equal((await used.gateway.get("/101")).status, 502);
});

test("H22 interim: a refused upgrade leaves the pipelined bytes framed as HTTP", async () => {
  used.upstream.answer = (request, connection) => connection.send(reply("200 OK", request.target));
  await withClient(async (client) => {
    client.send(get("/up", "Connection: Upgrade", "Upgrade: foo") + get("/second"));
    assert.equal((await client.response()).text, "/up");
    assert.equal((await client.response()).text, "/second");
  });
});

test("H23 interim: an h2c upgrade is stripped", async () => {
  await used.gateway.ask(
    get(
      "/h2c",
      "Connection: Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAAQAAP__",
    ),
  );
  const request = await used.upstream.request();
  assert.equal(request.header("upgrade"), undefined);
  assert.equal(request.header("http2-settings"), undefined);
});

test("H24 interim: a client that waits for 100 gets it, and its body arrives", async () => {
  used.upstream.onHead = (_request, connection) =>
    void connection.send(head("HTTP/1.1 100 Continue"));
  await withClient(async (client) => {
    client.send(
      head("POST /e HTTP/1.1", "Host: gw.test", "Content-Length: 5", "Expect: 100-continue"),
    );
    const interim = await client.message("POST");
    assert.equal(interim.status, 100);
    client.send("hello");
    assert.equal((await client.response("POST")).status, 200);
    assert.equal((await used.upstream.request()).body.toString("latin1"), "hello");
  });
});

test("H24 interim: a client that waits for 100 gets the upstream's refusal instead, without a mix-up", async () => {
  used.upstream.onHead = (request, connection) =>
    void connection.send(request.target === "/e" ? reply("401 Unauthorized", "no") : "");
  await withClient(async (client) => {
    client.send(
      head("POST /e HTTP/1.1", "Host: gw.test", "Content-Length: 5", "Expect: 100-continue"),
    );
    const response = await client.response("POST");
    assert.equal(response.status, 401);
    assert.equal(response.text, "no");
  });
  assert.equal((await used.gateway.get("/after")).status, 200);
});

test("H24 interim: an unknown expectation is 417", async () => {
  const response = await used.gateway.ask(get("/e", "Expect: a-pony"));
  assert.equal(response.status, 417);
  assert.equal(used.upstream.requests.length, 0);
});

test("U16 early: a final response before the body's end is delivered and the upload stops", async () => {
  used.upstream.onHead = (_request, connection) =>
    connection.send(reply("413 Content Too Large", "too large", "Connection: close")).end();
  await withClient(async (client) => {
    client.send(head("POST /up HTTP/1.1", "Host: gw.test", "Content-Length: 100000000"));
    client.send(Buffer.alloc(64 * 1024));
    const response = await client.response("POST");
    assert.equal(response.status, 413);
    assert.equal(response.text, "too large");
  });
  used.upstream.reset();
  assert.equal((await used.gateway.get("/after")).text, "ok");
});

test("H21 early: the rest of an answered body is never taken for a request", async () => {
  used.upstream.onHead = (request, connection) => {
    if (request.target === "/up") connection.send(reply("401 Unauthorized", "no"));
  };
  used.upstream.answer = (request, connection) => {
    if (request.target !== "/up") connection.send(reply("200 OK", request.target));
  };
  const smuggled = get("/smuggled");
  await withClient(async (client) => {
    client.send(head("POST /up HTTP/1.1", "Host: gw.test", `Content-Length: ${smuggled.length}`));
    assert.equal((await client.response("POST")).status, 401);
    client.send(smuggled + get("/next", "Connection: close"));
    const rest = await client.rest();
    assert.ok(rest === "" || rest.endsWith("/next"), rest);
  });
  const targets = used.upstream.requests.map((request) => request.target);
  assert.equal(targets.includes("/smuggled"), false);
});

test("H26 trailers: a client's trailers are never merged into the header section", async () => {
  const response = await used.gateway.ask(
    `${head("POST /t HTTP/1.1", "Host: gw.test", "Transfer-Encoding: chunked", "Trailer: X-T")}` +
      "2\r\nab\r\n0\r\nX-T: 1\r\nAuthorization: evil\r\nX-Consumer-ID: evil\r\n\r\n",
  );
  if (response.status === 400) return;
  const request = await used.upstream.request();
  assert.equal(request.body.toString("latin1"), "ab");
  assert.equal(request.header("x-t"), undefined);
  assert.equal(request.header("authorization"), undefined);
  assert.deepEqual(
    request.trailers.filter(([name]) => /^(authorization|x-consumer-id)$/i.test(name)),
    [],
  );
});

for (const field of ["Content-Length: 5", "Host: other.test", "Transfer-Encoding: chunked"]) {
  test(`H26 trailers: a trailer ${field} does no harm`, async () => {
    const response = await used.gateway.ask(
      `${head("POST /t HTTP/1.1", "Host: gw.test", "Transfer-Encoding: chunked")}` +
        `2\r\nab\r\n0\r\n${field}\r\n\r\n`,
    );
    if (response.status === 400) return;
    const request = await used.upstream.request();
    assert.equal(request.body.toString("latin1"), "ab");
    assert.deepEqual(request.trailers, []);
  });
}

test("H27 methods: TRACE and CONNECT are refused by default", async () => {
  const trace = await used.gateway.ask(
    head("TRACE /t HTTP/1.1", "Host: gw.test", "Cookie: secret"),
  );
  assert.ok([400, 405, 501].includes(trace.status), `TRACE: ${trace.status}`);
  const connectTo = await used.gateway.ask(
    head("CONNECT other.test:443 HTTP/1.1", "Host: other.test:443"),
  );
  assert.ok([400, 405, 501].includes(connectTo.status), `CONNECT: ${connectTo.status}`);
  assert.equal(used.upstream.requests.length, 0);
});
