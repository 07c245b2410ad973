// Policies that read whole bodies: how much is held, for how long, and what becomes of those who do not wait.
import assert from "node:assert/strict";
import { test } from "node:test";

import { assertServesOn, CHUNKED, post, useWholeBodyPolicies } from "../harness/body-policies.ts";
import { connect, get, head } from "../harness/client.ts";
import { reply } from "../harness/upstream.ts";

const used = useWholeBodyPolicies();

test("W5 bodies: a request that is known to be too large is 413, and nothing of it is asked for", async () => {
  for (const [path, length] of [
    ["/small", 11],
    ["/more-than-there-is", 8 * 1024 * 1024 + 1],
  ] as const) {
    const client = await connect(used.gateway.proxyPort);
    client.send(post(path, `Content-Length: ${length}`, "Expect: 100-continue"));
    const response = await client.message("POST");
    assert.equal(response.status, 413);
    assert.deepEqual(Object.keys(response.json() as object), ["message", "request_id"]);
    // What would follow is no request.
    client.send(`${"x".repeat(11)}${get("/none")}`);
    assert.equal(await client.rest(), "");
  }
  assert.equal(used.upstream.connectionCount, 0);
});

test("W5 bodies: a request that turns out to be too large is 413, and its rest is no request", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(`${post("/small", CHUNKED)}b\r\nhello hello\r\n`);
  assert.equal((await client.response("POST")).status, 413);
  client.send(`0\r\n\r\n${get("/none")}`);
  assert.equal(await client.rest(), "");
  assert.equal(used.upstream.connectionCount, 0);
});

test("W5 bodies: a response that is too large is 502, and its upstream connection ends", async () => {
  for (const answer of [
    reply("200 OK", "hello hello"),
    `${head("HTTP/1.1 200 OK", CHUNKED)}b\r\nhello hello\r\n`,
  ]) {
    used.upstream.reset();
    used.upstream.answer = (_request, connection) => connection.send(answer);
    const client = await connect(used.gateway.proxyPort);
    const response = await client.send(get("/small-response")).response();
    assert.equal(response.status, 502);
    assert.doesNotMatch(response.text, /hello/);
    await assertServesOn(used, client, "/none");
  }
});

test("bodies: a policy that copes with a body that is too large lets all of it pass", async () => {
  const body = "x".repeat(300_000);
  used.upstream.answer = (request, connection) =>
    connection.send(reply("200 OK", request.body.toString("latin1")));
  for (const [line, text] of [
    [`Content-Length: ${body.length}`, body],
    [CHUNKED, `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`],
  ] as const) {
    used.upstream.reset();
    used.upstream.answer = (request, connection) =>
      connection
        .send(head("HTTP/1.1 200 OK", CHUNKED))
        .send(`${body.length.toString(16)}\r\n`)
        .send(request.body)
        .send("\r\n0\r\n\r\n");
    const client = await connect(used.gateway.proxyPort);
    client.send(post("/catch", line) + text);
    const response = await client.response("POST");
    assert.equal(response.header("x-response-body"), "RangeError");
    assert.equal(response.text, body);
    const request = await used.upstream.request();
    assert.equal(request.header("x-request-body"), "RangeError");
    assert.equal(request.body.toString("latin1"), body);
    await assertServesOn(used, client, "/none");
  }
});

test("H24 bodies: 100 is answered when a policy reads the body, before any upstream is asked", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(post("/read", "Content-Length: 2", "Expect: 100-continue"));
  assert.equal((await client.message("POST")).status, 100);
  assert.equal(used.upstream.connectionCount, 0);
  client.send("ab");
  assert.equal((await client.message("POST")).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("expect"), undefined);
  assert.equal(request.body.toString(), "ab");
  await assertServesOn(used, client, "/none");
});

test("C2 bodies: a client that sends its body bit by bit is waited for, and asks no upstream meanwhile", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(post("/read", "Content-Length: 5"));
  for (const byte of "hell") {
    client.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await used.gateway.get("/none")).status, 200);
  assert.equal(used.upstream.requests.length, 1);
  client.send("o");
  assert.equal((await client.response("POST")).status, 200);
  assert.equal((await used.upstream.request(1)).body.toString(), "hello");
  await assertServesOn(used, client, "/none");
});

test("C4 bodies: a client that goes away while its body is held is forgotten", async () => {
  const mark = used.gateway.mark;
  for (let n = 0; n < 20; n++) {
    const client = await connect(used.gateway.proxyPort);
    client.send(`${post("/read", "Content-Length: 50")}abc`);
    await new Promise((resolve) => setImmediate(resolve));
    client.abort();
  }
  const response = await used.gateway.ask(`${post("/read", "Content-Length: 2")}ab`);
  assert.equal(response.status, 200);
  assert.equal(used.upstream.requests.length, 1);
  assert.doesNotMatch(used.gateway.log.slice(mark), /plugin_failed/);
});

test("H12 bodies: a body whose framing is broken while it is held is 400, and reaches no upstream", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(`${post("/read", CHUNKED)}2\r\nab\r\nxyz\r\n${get("/none")}`);
  assert.equal((await client.response("POST")).status, 400);
  assert.equal(await client.rest(), "");
  assert.equal(used.upstream.connectionCount, 0);
});

test("U1 bodies: an upstream that goes away while its response is held is 502", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(`${head("HTTP/1.1 200 OK", "Content-Length: 10")}hello`).end();
  const response = await used.gateway.get("/read");
  assert.equal(response.status, 502);
  assert.doesNotMatch(response.text, /hello/);
});

test("bodies: a request whose kept connection turns out to be closed is sent again with its body", async () => {
  for (const [method, status] of [
    ["PUT", 200],
    // It may have been acted on, and is not to be done twice.
    ["POST", 502],
  ] as const) {
    used.upstream.reset();
    await used.gateway.get("/none");
    let closed = false;
    used.upstream.answer = (request, connection) => {
      if (closed) return void connection.send(reply("200 OK", request.body.toString()));
      closed = true;
      connection.end();
    };
    const response = await used.gateway.ask(
      `${head(`${method} /rewrite HTTP/1.1`, "Host: gw.test", "Content-Length: 5")}hello`,
    );
    assert.equal(response.status, status);
    if (status === 200) assert.equal(response.text, "<<hello>>");
  }
});

test("bodies: a request whose target is down goes to the next one with its body", async () => {
  for (let n = 0; n < 4; n++) {
    const response = await used.gateway.ask(`${post("/two-targets", "Content-Length: 5")}hello`);
    assert.equal(response.status, 200);
  }
  assert.deepEqual(
    used.upstream.requests.map(({ body }) => body.toString()),
    Array.from({ length: 4 }, () => "<hello>"),
  );
});

test("H21 bodies: what a client sends of a body that was replaced is never its next request", async () => {
  const inner = get("/none?smuggled");
  const client = await connect(used.gateway.proxyPort);
  client.send(`${post("/set?first", `Content-Length: ${inner.length}`)}${inner}`);
  assert.equal((await client.response("POST")).status, 200);
  client.send(get("/none?next"));
  assert.equal((await client.response()).status, 200);
  assert.deepEqual(
    used.upstream.requests.map(({ target }) => target),
    ["/?first", "/?next"],
  );
  client.abort();
});

test("H21 bodies: a large body that was replaced is taken off the client's hands all the same", async () => {
  const size = 16 * 1024 * 1024;
  let answer: (() => void) | undefined;
  used.upstream.answer = (_request, connection) => {
    answer = () => connection.send(reply("200 OK", "ok"));
  };
  const client = await connect(used.gateway.proxyPort);
  client.send(post("/set", `Content-Length: ${size}`));
  await new Promise<void>((resolve) => client.socket.write(Buffer.alloc(size), () => resolve()));
  assert.equal((await used.upstream.request()).body.toString(), "set by the policy");
  answer?.();
  assert.equal((await client.response("POST")).status, 200);
  client.abort();
});

test("U5 bodies: what an upstream sends of a body that was replaced is nobody's response", async () => {
  const size = 5_000_000;
  used.upstream.answer = (_request, connection) => {
    connection.send(head("HTTP/1.1 200 OK", `Content-Length: ${size}`));
    // The rest comes when the client has its answer.
    setTimeout(() => connection.send(Buffer.alloc(size, reply("200 OK", "smuggled"))), 20);
  };
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/set"));
  assert.equal((await client.response()).text, "set by the policy");
  await used.upstream.until(() => used.upstream.openCount === 0, "the end of the connection");
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "clean"));
  for (let n = 0; n < 3; n++) {
    assert.equal((await client.send(get("/none")).response()).text, "clean");
  }
  client.abort();
});
