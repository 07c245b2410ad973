// Limits on the whole of a request: what its client may take to send it, and what its route allows for all of it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => ({
  config: config({
    services: [
      service("all", port, "/all"),
      service("limited", port, "/limited", {
        routes: [{ name: "limited-route", paths: ["/limited"], timeout: 200 }],
      }),
    ],
  }),
  flags: ["--request-timeout", "300"],
}));

test("U2 time: a route's timeout is 504 when there is no answer by then", async () => {
  used.upstream.answer = () => undefined;
  const response = await used.gateway.get("/limited");
  assert.equal(response.status, 504);
  assert.deepEqual(Object.keys(response.json() as object), ["message", "request_id"]);
});

test("U2 time: a route's timeout cuts an answer that trickles on", async () => {
  let timer: ReturnType<typeof setInterval> | undefined;
  used.upstream.answer = (_request, connection) => {
    connection.send(head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"));
    timer = setInterval(() => connection.send("1\r\nx\r\n"), 10);
    connection.socket.on("close", () => clearInterval(timer));
  };
  const client = await connect(used.gateway.proxyPort);
  const text = await client
    .send(get("/limited"))
    .rest()
    .finally(() => clearInterval(timer));
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
  await used.upstream.until(() => used.upstream.openCount === 0, "the upstream connection's end");
});

test("C2 time: a body that comes byte by byte is 408 when the request's time is over", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(head("POST /all HTTP/1.1", "Host: gw.test", "Content-Length: 100000000"));
  const timer = setInterval(() => client.send("b"), 10);
  const response = await client.response("POST").finally(() => clearInterval(timer));
  assert.equal(response.status, 408);
  assert.equal(response.header("connection"), "close");
  await used.upstream.until(() => used.upstream.openCount === 0, "the upstream connection's end");
  client.socket.destroy();
});

test("U2 time: a request that is whole in time is not held to the request's limit", async () => {
  used.upstream.answer = (_request, connection) =>
    void setTimeout(() => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 500);
  const response = await used.gateway.ask(
    `${head("POST /all HTTP/1.1", "Host: gw.test", "Content-Length: 2")}ab`,
  );
  assert.equal(response.text, "ok");
});
