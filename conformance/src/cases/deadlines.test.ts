// The single limits on an upstream, each with its own code, and the time that is left as upstreams are told it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, head } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";

const FIELD = "x-envoy-expected-rq-timeout-ms";

const used = useGateway(([port = 0]) => {
  const told = (name: string, deadline: object, more: Entry = {}): Entry =>
    service(name, port, `/${name}`, {
      deadline,
      routes: [{ name, paths: [`/${name}`], strip_path: false, timeout: 60_000, ...more }],
    });
  return {
    config: config({
      services: [
        service("plain", port, "/plain"),
        service("head", port, "/head", { response_header_timeout: 150, read_timeout: 5000 }),
        service("idle", port, "/idle", { response_header_timeout: 5000, read_timeout: 150 }),
        service("write", port, "/write", { write_timeout: 150, read_timeout: 5000 }),
        service("own", port, "/own", {
          response_header_timeout: 5000,
          routes: [
            { name: "own", paths: ["/own"], strip_path: false, response_header_timeout: 100 },
          ],
        }),
        told("told", {}),
        told("named", { header: "X-Time-Left" }),
        told("try", {}, { retry_policy: { retry_on: ["5xx"], per_try_timeout: 5000 } }),
        told("respectful", { respect_expected_rq_timeout: true }),
        service("untimed", port, "/untimed", { deadline: {} }),
      ],
    }),
    flags: ["--trusted-ips", "127.0.0.2"],
  };
});

/** Sends the request as the address. */
async function askAs(address: string, path: string, ...lines: string[]): Promise<number> {
  const client = await connect(used.gateway.proxyPort, address);
  const response = await client
    .send(head(`GET ${path} HTTP/1.1`, "Host: gw.test", ...lines))
    .response("GET");
  client.socket.destroy();
  return response.status;
}

async function codeOf(path: string): Promise<string> {
  const mark = used.gateway.log.length;
  assert.equal((await used.gateway.get(path)).status, 504);
  const line = await used.gateway.logged(/"request_id"/, mark);
  return (JSON.parse(line) as { code: string }).code;
}

test("U2 limits: a head that trickles past response_header_timeout is 504", async () => {
  used.upstream.answer = (_request, connection) => {
    connection.send("HTTP/1.1 200 OK\r\nX-Long: ");
    const timer = setInterval(() => connection.send("x"), 10);
    connection.socket.on("close", () => clearInterval(timer));
  };
  assert.equal(await codeOf("/head"), "upstream_head_timeout");
  assert.equal(await codeOf("/own"), "upstream_head_timeout");
});

test("U2 limits: response_header_timeout ends with the head", async () => {
  used.upstream.answer = (_request, connection) => {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    setTimeout(() => connection.send("ok"), 300);
  };
  assert.equal((await used.gateway.get("/head")).text, "ok");
});

test("U2 limits: an upstream without a word is 504 by read_timeout", async () => {
  used.upstream.answer = () => undefined;
  assert.equal(await codeOf("/idle"), "upstream_timeout");
});

test("U2 limits: an upstream that takes no body is 504 by write_timeout", async () => {
  used.upstream.isPaused = true;
  const mark = used.gateway.log.length;
  const client = await connect(used.gateway.proxyPort);
  client.send(head("POST /write HTTP/1.1", "Host: gw.test", "Content-Length: 30000000"));
  client.send(Buffer.alloc(30_000_000));
  assert.equal((await client.response("POST")).status, 504);
  await used.gateway.logged(/"upstream_write_timeout"/, mark);
  client.socket.destroy();
});

test("an upstream is told what is left of the route's timeout", async () => {
  await used.gateway.get("/told");
  const left = Number((await used.upstream.request(0)).header(FIELD));
  assert.ok(left > 30_000 && left <= 60_000, `${left}`);
});

test("the header has the name that the config says, and a try's limit when it is shorter", async () => {
  await used.gateway.get("/named");
  assert.match((await used.upstream.request(0)).header("x-time-left") ?? "", /^\d+$/);
  await used.gateway.get("/try");
  assert.equal((await used.upstream.request(1)).header(FIELD), "5000");
});

test("gRPC is told by grpc-timeout, too", async () => {
  await used.gateway.get("/told", "Content-Type: application/grpc-web", "grpc-timeout: 1H");
  assert.match((await used.upstream.request(0)).header("grpc-timeout") ?? "", /^\d{5}m$/);
});

test("without the field nothing is said, and without a limit nothing is known", async () => {
  await used.gateway.get("/plain", `${FIELD}: 7`);
  assert.equal((await used.upstream.request(0)).header(FIELD), "7");
  await used.gateway.get("/untimed", `${FIELD}: 7`);
  assert.equal((await used.upstream.request(1)).header(FIELD), undefined);
});

test("a stranger's deadline is replaced, and a trusted peer's only where it is respected", async () => {
  await askAs("127.0.0.1", "/respectful", `${FIELD}: 1000`);
  await askAs("127.0.0.2", "/told", `${FIELD}: 1000`);
  for (const at of [0, 1]) {
    const { headText } = await used.upstream.request(at);
    const values = [...headText.matchAll(/x-envoy-expected-rq-timeout-ms: (\d+)/gi)];
    assert.equal(values.length, 1);
    assert.ok(Number(values[0]?.[1]) > 30_000, headText);
  }
});

test("a trusted peer's deadline shortens the route's, and never makes it longer", async () => {
  await askAs("127.0.0.2", "/respectful", `${FIELD}: 1000`);
  await askAs("127.0.0.2", "/respectful", `${FIELD}: 900000`);
  const [shorter, longer] = [await used.upstream.request(0), await used.upstream.request(1)];
  assert.ok(Number(shorter.header(FIELD)) <= 1000);
  assert.ok(Number(longer.header(FIELD)) <= 60_000);
});

test("a trusted peer's deadline that is over is 504", async () => {
  used.upstream.answer = () => undefined;
  assert.equal(await askAs("127.0.0.2", "/respectful", `${FIELD}: 50`), 504);
  used.upstream.answer = (_request, connection) => void connection.send(reply("200 OK", "ok"));
  assert.equal(await askAs("127.0.0.2", "/respectful", `${FIELD}: none`), 200);
});
