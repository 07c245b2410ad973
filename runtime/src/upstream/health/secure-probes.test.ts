import assert from "node:assert/strict";
import { once } from "node:events";
import { createSecureServer, createServer as createHttp2Server } from "node:http2";
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { createServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { after, describe, test } from "node:test";
import type { ActiveCheckConfig } from "../../config/upstream-model.ts";
import { currentPlatform } from "../../platform/current.ts";
import { freePort, listenRaw } from "../../sockets.testing.ts";
import { targetAt } from "../target.ts";
import { FakeClock, activeCheck } from "../upstreams.testing.ts";
import { probeDetail, probeObservation } from "./observations.ts";
import { CERTIFICATE, KEY } from "./probe-certificate.testing.ts";
import { createProbe } from "./probe.ts";
import type { ProbeResult } from "./probe.ts";

const LISTENING: Server[] = [];
after(() => {
  for (const server of LISTENING) server.close();
});

async function listening(server: Server): Promise<number> {
  LISTENING.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function probe(
  port: number,
  config: Partial<ActiveCheckConfig>,
  clock: FakeClock = new FakeClock(),
): Promise<ProbeResult> {
  const target = targetAt({ id: "t", host: "127.0.0.1", port, weight: 1 });
  const ask = createProbe({
    config: activeCheck(config),
    hostHeader: "inner.test",
    platform: await currentPlatform(),
    clock,
  });
  return ask(target, new AbortController().signal);
}

describe("a probe of type https", () => {
  const asked: string[] = [];
  const secure = createServer({ key: KEY, cert: CERTIFICATE }, (request, response) => {
    const name = "servername" in request.socket ? String(request.socket.servername) : "";
    asked.push(`${request.method} ${request.url} ${request.headers.host} ${name}`);
    response.writeHead(204).end();
  });
  const started = listening(secure);

  test("reads the status over TLS, and asks for the name of https_sni", async () => {
    const config = {
      type: "https",
      path: "/up",
      sni: "probe.test",
      verifiesCertificate: false,
    } as const;
    assert.deepEqual(await probe(await started, config), { kind: "status", status: 204 });
    assert.deepEqual(asked.splice(0), ["GET /up inner.test probe.test"]);
  });

  test("fails when nobody vouches for the certificate, unless that is switched off", async () => {
    const result = await probe(await started, { type: "https", sni: "probe.test" });
    assert.equal(result.kind, "tcp_failure");
    assert.match(probeDetail(result), /self.signed/i);
    assert.deepEqual(asked, [], "nothing was sent");
    const unchecked = await probe(await started, { type: "https", verifiesCertificate: false });
    assert.equal(unchecked.kind, "status");
  });

  test("fails when the target speaks no TLS, refuses, or says nothing in time", async () => {
    const plain = await listenRaw((peer) => peer.send("HTTP/1.1 200 OK\r\n\r\n"));
    assert.equal((await probe(plain, { type: "https" })).kind, "tcp_failure");
    assert.equal((await probe(await freePort(), { type: "https" })).kind, "tcp_failure");
    const clock = new FakeClock();
    const silent = probe(await listenRaw(() => undefined), { type: "https" }, clock);
    await clock.advance(1000);
    assert.deepEqual(await silent, { kind: "timeout" });
  });
});

/** An answer of the gRPC health service: `health` undefined for none. */
function serve(
  server: Http2Server,
  health: number | undefined,
  grpcStatus: string,
): Promise<number> {
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    ASKED.push(headers);
    stream.resume();
    stream.on("error", () => undefined);
    if (health === undefined) {
      stream.respond({ ":status": 200, "grpc-status": grpcStatus }, { endStream: true });
      return;
    }
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": grpcStatus }));
    stream.end(Buffer.from(health === 0 ? [0, 0, 0, 0, 0] : [0, 0, 0, 0, 2, 8, health]));
  });
  return listening(server);
}

const ASKED: IncomingHttpHeaders[] = [];
const RULES = activeCheck().rules;

describe("a probe of type grpc", () => {
  test("asks the health service of the server as a whole, with the headers of the config", async () => {
    ASKED.length = 0;
    const port = await serve(createHttp2Server(), 1, "0");
    const result = await probe(port, { type: "grpc", headers: [["X-Check", "a"]] });
    assert.deepEqual(result, { kind: "serving" });
    assert.equal(probeObservation(result, RULES), "success");
    const [headers] = ASKED;
    assert.equal(headers?.[":path"], "/grpc.health.v1.Health/Check");
    assert.equal(headers?.[":authority"], "inner.test");
    assert.equal(headers?.["content-type"], "application/grpc");
    assert.equal(headers?.["x-check"], "a");
  });

  for (const [name, health, grpcStatus, detail] of [
    ["NOT_SERVING", 2, "0", "NOT_SERVING"],
    ["UNKNOWN", 0, "0", "UNKNOWN"],
    ["UNIMPLEMENTED", undefined, "12", "grpc-status 12"],
    ["an error after the answer", 1, "13", "grpc-status 13"],
  ] as const) {
    test(`takes ${name} for a failure`, async () => {
      const port = await serve(createHttp2Server(), health, grpcStatus);
      const result = await probe(port, { type: "grpc" });
      assert.deepEqual(result, { kind: "not_serving", detail });
      assert.equal(probeObservation(result, RULES), "http_failure");
    });
  }

  test("fails when the target refuses, speaks HTTP/1.1, or says nothing in time", async () => {
    const refused = await probe(await freePort(), { type: "grpc" });
    assert.equal(refused.kind, "tcp_failure");
    const plain = await listenRaw((peer) => peer.send("HTTP/1.1 400 Bad\r\n\r\n"));
    const result = await probe(plain, { type: "grpc" });
    assert.ok(["no_http", "tcp_failure"].includes(result.kind), result.kind);
    const clock = new FakeClock();
    const silent = probe(await listenRaw(() => undefined), { type: "grpc" }, clock);
    await clock.advance(1000);
    assert.deepEqual(await silent, { kind: "timeout" });
  });

  test("goes over TLS as grpcs, with the same rules for certificates as https", async () => {
    const port = await serve(createSecureServer({ key: KEY, cert: CERTIFICATE }), 1, "0");
    const unchecked = { type: "grpcs", sni: "probe.test", verifiesCertificate: false } as const;
    assert.deepEqual(await probe(port, unchecked), { kind: "serving" });
    const checked = await probe(port, { type: "grpcs", sni: "probe.test" });
    assert.equal(checked.kind, "tcp_failure");
  });
});
