// What a policy writes into the request line is judged like a client's: it cannot break out of the line.
import assert from "node:assert/strict";
import { test } from "node:test";

import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";

const used = useGateway(async ([port = 0]) => ({
  config: forwardAll(port, { plugins: [{ name: "rewrites" }] }),
  plugins: { rewrites: await buildGuest("rewrites") },
}));

for (const [part, value] of [
  ["path", "/x HTTP/1.1\r\nX-Injected: y\r\n\r\n"],
  ["path", "/x\r\nX-Injected: y"],
  ["path", "/x\0"],
  ["path", "/a b"],
  ["path", "/\xe9"],
  ["path", "/x?y"],
  ["path", "/x#y"],
  ["path", "/a/../b"],
  ["path", "/a%2fb"],
  ["path", "x"],
  ["path", ""],
  ["path", "http://other.test/"],
  ["query", "a=1 HTTP/1.1\r\nX-Injected: y"],
  ["query", "a\nb"],
  ["query", "a#b"],
  ["method", "GET /y HTTP/1.1\r\nX-Injected: y\r\n\r\nGET"],
  ["method", "GE T"],
  ["method", ""],
] as const) {
  test(`H30 plugin target: ${part} ${JSON.stringify(value)} never reaches the upstream`, async () => {
    const response = await used.gateway.get(`/start?${part}=${encodeURIComponent(value)}`);
    assert.equal(response.status, 500);
    assert.equal(used.upstream.byteCount, 0);
  });
}

test("H30 plugin target: what is safe is written as it is", async () => {
  const path = encodeURIComponent("/new/path");
  const query = encodeURIComponent("a=1&b=%2f");
  await used.gateway.get(`/start?path=${path}&method=PUT&query=${query}`);
  const { method, target } = await used.upstream.request();
  assert.equal(`${method} ${target}`, "PUT /new/path?a=1&b=%2f");
});
