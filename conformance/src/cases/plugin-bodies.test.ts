// Policies that read and replace whole bodies: what goes on is framed as it is.
import assert from "node:assert/strict";
import { test } from "node:test";

import { assertServesOn, CHUNKED, post, useWholeBodyPolicies } from "../harness/body-policies.ts";
import { connect, get, head } from "../harness/client.ts";
import { reply } from "../harness/upstream.ts";

const used = useWholeBodyPolicies();

for (const [framing, line, body] of [
  ["length", "Content-Length: 5", "hello"],
  ["chunks", CHUNKED, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"],
] as const) {
  test(`bodies: a request framed by ${framing} goes on as it came when a policy has read it`, async () => {
    const client = await connect(used.gateway.proxyPort);
    client.send(post("/read", line) + body);
    assert.equal((await client.response("POST")).status, 200);
    const request = await used.upstream.request();
    assert.equal(request.header("x-request-body"), "5");
    assert.equal(request.body.toString(), "hello");
    assert.equal(request.header(line.split(":", 1)[0] ?? ""), line.split(" ").at(-1));
    await assertServesOn(used, client, "/none");
  });

  test(`bodies: a request framed by ${framing} goes on with what a policy made of it, and its length`, async () => {
    for (const [path, expected] of [
      ["/rewrite", "<hello>"],
      ["/set", "set by the policy"],
    ] as const) {
      used.upstream.reset();
      const client = await connect(used.gateway.proxyPort);
      client.send(post(path, line) + body);
      assert.equal((await client.response("POST")).status, 200);
      const request = await used.upstream.request();
      assert.equal(request.body.toString(), expected);
      assert.equal(request.header("content-length"), String(expected.length));
      assert.equal(request.header("transfer-encoding"), undefined);
      await assertServesOn(used, client, "/none");
    }
  });

  test(`bodies: a response framed by ${framing} goes on as it came when a policy has read it`, async () => {
    used.upstream.answer = (_request, connection) =>
      connection.send(head("HTTP/1.1 200 OK", line) + body);
    const client = await connect(used.gateway.proxyPort);
    const response = await client.send(get("/read")).response();
    assert.equal(response.header("x-response-body"), "5");
    assert.equal(response.text, "hello");
    assert.equal(response.framing, framing === "length" ? "length" : "chunked");
    await assertServesOn(used, client, "/none");
  });

  test(`bodies: a response framed by ${framing} goes on with what a policy made of it, and its length`, async () => {
    for (const [path, expected] of [
      ["/rewrite", "<hello>"],
      ["/set", "set by the policy"],
      ["/empty", ""],
    ] as const) {
      used.upstream.answer = (_request, connection) =>
        connection.send(head("HTTP/1.1 200 OK", line) + body);
      const client = await connect(used.gateway.proxyPort);
      const response = await client.send(get(path)).response();
      assert.equal(response.text, expected);
      assert.equal(response.header("content-length"), String(expected.length));
      assert.equal(response.header("transfer-encoding"), undefined);
      await assertServesOn(used, client, "/none");
    }
  });
}

test("bodies: a response that ends with its connection is read whole, and gets a length when it is replaced", async () => {
  for (const [path, expected] of [
    ["/read", "hello"],
    ["/rewrite", "<hello>"],
  ] as const) {
    used.upstream.answer = (_request, connection) =>
      connection.send(`${head("HTTP/1.1 200 OK")}hello`).end();
    const response = await used.gateway.get(path);
    assert.equal(response.text, expected);
    assert.equal(response.framing, path === "/read" ? "chunked" : "length");
  }
});

test("bodies: a request without a body is read as an empty one, and can be given one", async () => {
  const read = await used.gateway.get("/read");
  assert.equal(read.header("x-response-body"), "2");
  assert.equal((await used.upstream.request()).header("x-request-body"), "0");
  used.upstream.reset();
  await used.gateway.get("/set");
  const request = await used.upstream.request();
  assert.equal(request.body.toString(), "set by the policy");
  assert.equal(request.header("content-length"), "17");
  used.upstream.reset();
  await used.gateway.get("/empty");
  assert.equal((await used.upstream.request()).header("content-length"), undefined);
});

test("H20 bodies: an emptied request says that it is empty", async () => {
  await used.gateway.ask(`${post("/empty", "Content-Length: 2")}ab`);
  const request = await used.upstream.request();
  assert.equal(request.header("content-length"), "0");
  assert.equal(request.body.length, 0);
});

test("bodies: HEAD, 204 and 304 have none, whatever a policy makes", async () => {
  for (const [method, status, path, expected] of [
    ["HEAD", "200 OK", "/set", 200],
    ["HEAD", "200 OK", "/read", 200],
    ["GET", "204 No Content", "/read", 204],
    ["GET", "304 Not Modified", "/read", 304],
    // There cannot be a body, and a policy that insists has failed.
    ["GET", "204 No Content", "/set", 500],
    ["GET", "304 Not Modified", "/set", 500],
  ] as const) {
    used.upstream.answer = (_request, connection) =>
      connection.send(head(`HTTP/1.1 ${status}`, ...(status.startsWith("2") ? [] : ['ETag: "a"'])));
    const client = await connect(used.gateway.proxyPort);
    client.send(head(`${method} ${path} HTTP/1.1`, "Host: gw.test"));
    const response = await client.response(method);
    assert.equal(response.status, expected, `${method} ${status} ${path}`);
    await assertServesOn(used, client, "/none");
  }
});

test("bodies: one policy's whole body goes through another's chunks", async () => {
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "hello"));
  const client = await connect(used.gateway.proxyPort);
  client.send(`${post("/both", "Content-Length: 5")}hello`);
  const response = await client.response("POST");
  assert.equal(response.text, "<HELLO>");
  assert.equal((await used.upstream.request()).body.toString(), "<HELLO>");
  await assertServesOn(used, client, "/none");
});

test("bodies: trailers of a body that a policy has read go on", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(
      `${head("HTTP/1.1 200 OK", CHUNKED, "Trailer: X-Sum")}2\r\nab\r\n0\r\nX-Sum: 1\r\n\r\n`,
    );
  const client = await connect(used.gateway.proxyPort);
  const lines = [CHUNKED, "Trailer: X-Mine", "Connection: TE", "TE: trailers"];
  client.send(`${post("/read", ...lines)}2\r\ncd\r\n0\r\nX-Mine: 2\r\n\r\n`);
  const response = await client.response("POST");
  assert.deepEqual(response.trailers, [["X-Sum", "1"]]);
  assert.deepEqual((await used.upstream.request()).trailers, [["X-Mine", "2"]]);
  client.abort();
});

test("bodies: a body of 8 MiB is held whole, both ways", async () => {
  const body = Buffer.alloc(8 * 1024 * 1024, "abcdefg");
  used.upstream.answer = (request, connection) =>
    connection
      .send(head("HTTP/1.1 200 OK", `Content-Length: ${request.body.length}`))
      .send(request.body);
  const client = await connect(used.gateway.proxyPort);
  client.send(post("/large", `Content-Length: ${body.length}`)).send(body);
  const response = await client.response("POST", 30_000);
  assert.equal(response.header("x-response-body"), String(body.length));
  assert.equal(Buffer.compare(response.body, body), 0);
  assert.equal((await used.upstream.request()).header("x-request-body"), String(body.length));
  client.abort();
});

test("bodies: an answer has whatever bytes a policy gives it, after it has read the request's body", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(`${post("/answer", "Content-Length: 5")}hello`);
  const response = await client.response("POST");
  assert.equal(response.header("x-told"), "5");
  assert.equal(response.header("content-type"), "application/octet-stream");
  assert.equal(response.body.toString("hex"), "00c80d0a");
  assert.equal(used.upstream.requests.length, 0);
  await assertServesOn(used, client, "/none");
});

test("H20 bodies: a policy that changes the method does not change what the client waits for", async () => {
  used.upstream.answer = ({ method }, connection) =>
    connection.send(
      method === "HEAD" ? head("HTTP/1.1 200 OK", "Content-Length: 5") : reply("200 OK", "hello"),
    );
  for (const [method, path, expected] of [
    ["HEAD", "/as-get", ""],
    ["GET", "/as-head", ""],
  ] as const) {
    const client = await connect(used.gateway.proxyPort);
    client.send(head(`${method} ${path} HTTP/1.1`, "Host: gw.test"));
    const response = await client.response(method);
    assert.equal(response.status, 200);
    assert.equal(response.text, expected);
    client.send(get("/none"));
    assert.equal((await client.response()).text, "hello");
    client.abort();
  }
});
