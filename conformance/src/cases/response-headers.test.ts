// T8: what responses say of the upstream and of the gateway is the operator's to decide.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { config, service } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import type { Fixture } from "../harness/fixture.ts";
import { sluice } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";
import { reply } from "../harness/upstream.ts";

const scratch = await useScratch();

function gateway(...flags: string[]): Fixture {
  return useGateway(([port = 0]) => ({
    config: config({
      services: [
        {
          name: "all",
          url: `http://127.0.0.1:${port}`,
          routes: [
            { paths: ["/hiding"], response_headers_to_remove: ["server", "X-Powered-By"] },
            { paths: ["/telling"] },
          ],
        },
        service("unreachable", 1, "/down"),
      ],
    }),
    flags,
  }));
}

describe("responses", () => {
  const used = gateway();

  test("T8 response headers: a route hides what it is told to hide, in every spelling", async () => {
    const lines = ["Server: nginx/1.2", "SERVER: x", "x-powered-by: PHP", "X-Internal: kept"];
    used.upstream.answer = (_request, connection) =>
      connection.send(
        `HTTP/1.1 103 Early Hints\r\nServer: nginx\r\nLink: </a>\r\n\r\n${reply("200 OK", "ok", ...lines)}`,
      );
    const response = await used.gateway.get("/hiding");
    assert.deepEqual([...response.all("server"), ...response.all("x-powered-by")], []);
    assert.equal(response.header("x-internal"), "kept");
    assert.equal(response.text, "ok");
    assert.deepEqual((await used.gateway.get("/telling")).all("server"), ["nginx/1.2", "x"]);
  });

  test("T8 response headers: a route hides them in trailers, too", async () => {
    used.upstream.answer = (_request, connection) =>
      connection.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nServer: x\r\nX-Sum: 1\r\n\r\n",
      );
    const { trailers } = await used.gateway.get("/hiding", "TE: trailers", "Connection: TE");
    assert.deepEqual(trailers, [["X-Sum", "1"]]);
  });

  test("T8 response headers: nothing is said of latencies unless it is asked for", async () => {
    for (const path of ["/telling", "/down", "/none"]) {
      const names = (await used.gateway.get(path)).headers.map(([name]) => name.toLowerCase());
      assert.deepEqual(
        names.filter((name) => /kong|latency|server|powered/.test(name)),
        [],
      );
    }
  });
});

describe("responses with --headers latency_tokens,X-Kong-Upstream-Status", () => {
  const used = gateway("--headers", "latency_tokens,X-Kong-Upstream-Status");

  test("T8 response headers: latencies and the upstream's status are told, and no Via", async () => {
    used.upstream.answer = (_request, connection) => connection.send(reply("418 Teapot", "ok"));
    const response = await used.gateway.get("/telling");
    assert.match(response.header("x-kong-proxy-latency") ?? "", /^\d+$/);
    assert.match(response.header("x-kong-upstream-latency") ?? "", /^\d+$/);
    assert.equal(response.header("x-kong-upstream-status"), "418");
    assert.equal(response.header("via"), undefined);
    assert.match(response.header("x-request-id") ?? "", /^[0-9a-f]{32}$/);
  });

  test("T8 response headers: an error of the gateway tells how long it took", async () => {
    for (const path of ["/down", "/none"]) {
      const response = await used.gateway.get(path);
      assert.match(response.header("x-kong-response-latency") ?? "", /^\d+$/);
      assert.equal(response.header("x-kong-upstream-latency"), undefined);
    }
  });

  test("T8 response headers: upstreams get Via even so", async () => {
    await used.gateway.get("/telling");
    assert.equal((await used.upstream.request()).header("via"), "1.1 sluice");
  });
});

test("T8 response headers: a name that --headers does not know is refused in one line", async () => {
  const { code, stderr } = await sluice(["start", "--headers", "latency"]);
  assert.equal(code, 2);
  assert.match(stderr, /--headers "latency": expected off, or some of server_tokens/);
});

test("T8 response headers: framing cannot be hidden", async () => {
  const file = await scratch.write(
    "framing.yaml",
    '_format_version: "3.0"\nroutes:\n- paths: [/a]\n  response_headers_to_remove: [Content-Length]\n',
  );
  const { code, stderr } = await sluice(["check", file]);
  assert.equal(code, 1);
  assert.match(stderr, /where the response ends/);
});
