// OPTIONS that ask the gateway itself: `*`, and Max-Forwards at its end.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

const options = (target: string, ...lines: string[]): string =>
  head(`OPTIONS ${target} HTTP/1.1`, "Host: gw.test", ...lines);

for (const target of ["*", "http://gw.test"]) {
  test(`H16 options: OPTIONS ${target} is about the gateway and goes no further`, async () => {
    const response = await used.gateway.ask(options(target));
    assert.equal(response.status, 200);
    assert.equal(response.header("content-length"), "0");
    assert.match(response.header("allow") ?? "", /\bGET\b.*\bOPTIONS\b/);
    assert.equal(response.header("content-type"), undefined);
    assert.equal(used.upstream.requests.length, 0);
  });
}

test("H16 options: the connection goes on after it", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(options("*") + get("/next"));
  assert.equal((await client.response("OPTIONS")).status, 200);
  assert.equal((await client.response()).text, "ok");
  client.socket.destroy();
});

for (const request of [
  head("GET * HTTP/1.1", "Host: gw.test"),
  options("*?a"),
  head("OPTIONS * HTTP/1.1"),
]) {
  test(`H16 options: ${JSON.stringify(request)} is 400`, async () => {
    assert.equal((await used.gateway.ask(request)).status, 400);
    assert.equal(used.upstream.requests.length, 0);
  });
}

test("options: Max-Forwards: 0 is answered here", async () => {
  const response = await used.gateway.ask(options("/a", "Max-Forwards: 0"));
  assert.equal(response.status, 200);
  assert.equal(response.header("content-length"), "0");
  assert.match(response.header("allow") ?? "", /\bGET\b/);
  assert.equal(used.upstream.requests.length, 0);
});

for (const [given, sent] of [
  ["1", "0"],
  ["007", "6"],
  ["99999999999999999999", "2147483647"],
] as const) {
  test(`options: Max-Forwards: ${given} goes on as ${sent}`, async () => {
    const response = await used.gateway.ask(options("/a", "X-A: 1", `max-forwards: ${given}`));
    assert.equal(response.text, "ok");
    const request = await used.upstream.request();
    assert.match(request.headText, new RegExp(`\r\nX-A: 1\r\nmax-forwards: ${sent}\r\n`));
  });
}

for (const lines of [
  ["Max-Forwards: "],
  ["Max-Forwards: -1"],
  ["Max-Forwards: 1, 1"],
  ["Max-Forwards: 0x1"],
  ["Max-Forwards: 1", "Max-Forwards: 1"],
]) {
  test(`options: ${lines.join(" and ")} is 400`, async () => {
    assert.equal((await used.gateway.ask(options("/a", ...lines))).status, 400);
    assert.equal(used.upstream.requests.length, 0);
  });
}

test("options: on other methods Max-Forwards means nothing", async () => {
  assert.equal((await used.gateway.get("/a", "Max-Forwards: 0")).text, "ok");
  assert.equal((await used.upstream.request()).header("max-forwards"), "0");
});
