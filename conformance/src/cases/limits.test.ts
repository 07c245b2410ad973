// Limits on the request's head, and what a client is told that goes over one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

interface Limit {
  readonly what: string;
  readonly bytes: string;
  readonly statuses: readonly number[];
}

const LIMITS: readonly Limit[] = [
  {
    what: "a target of 64 KB is 414",
    bytes: get(`/${"a".repeat(65_536)}`),
    statuses: [414],
  },
  {
    what: "a header line of 128 KB is 431",
    bytes: get("/x", `X-Long: ${"a".repeat(131_072)}`),
    statuses: [431],
  },
  {
    what: "three thousand headers are 431",
    bytes: get("/x", ...Array.from({ length: 3_000 }, (_value, index) => `X-${index}: a`)),
    statuses: [431],
  },
  {
    what: "a head of 1 MB in many headers is 431",
    bytes: get(
      "/x",
      ...Array.from({ length: 50 }, (_value, index) => `X-${index}: ${"a".repeat(20_000)}`),
    ),
    statuses: [431],
  },
];

for (const { what, bytes, statuses } of LIMITS) {
  test(`H19 limits: ${what}, closed, and nothing goes upstream`, async () => {
    const client = await connect(used.gateway.proxyPort);
    client.send(bytes);
    const response = await client.response();
    assert.ok(statuses.includes(response.status), `${response.status}`);
    assert.equal(await client.rest(), "");
    assert.equal(used.upstream.byteCount, 0);
    assert.equal((await used.gateway.get("/after")).status, 200);
  });
}

test("H19 limits: a head that never ends is refused while it still comes", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(`GET /x HTTP/1.1\r\nHost: gw.test\r\nX: ${"a".repeat(200_000)}`);
  assert.equal((await client.response()).status, 431);
  client.socket.destroy();
});

test("limits: an ordinary large head passes: a target of 4 KB, a cookie of 4 KB, 60 headers", async () => {
  const target = `/${"a".repeat(4_000)}`;
  const lines = Array.from({ length: 60 }, (_value, index) => `X-${index}: ${"v".repeat(20)}`);
  const response = await used.gateway.ask(get(target, `Cookie: c=${"x".repeat(4_000)}`, ...lines));
  assert.equal(response.status, 200);
  const request = await used.upstream.request();
  assert.equal(request.target, target);
  assert.equal(request.header("x-59"), "v".repeat(20));
});

test("limits: a body has no limit of its own: 4 MB with a small head pass", async () => {
  const size = 4 * 1024 * 1024;
  const client = await connect(used.gateway.proxyPort);
  client.send(head("POST /b HTTP/1.1", "Host: gw.test", `Content-Length: ${size}`));
  client.send(Buffer.alloc(size, "z"));
  assert.equal((await client.response("POST", 10_000)).status, 200);
  client.socket.destroy();
});
