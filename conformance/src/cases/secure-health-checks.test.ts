// Active health checks over TLS and by the gRPC health checking protocol.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttp2Server } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import { createServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { after, test } from "node:test";

import { CERTIFICATE, KEY } from "../harness/certificate.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { useScratch } from "../harness/scratch.ts";
import { untilHealth } from "../harness/upstreams-api.ts";

const SERVING = 1;
const NOT_SERVING = 2;
const ONCE: Entry = {
  healthy: { interval: 0.1, successes: 1 },
  unhealthy: { interval: 0.1, tcp_failures: 1, http_failures: 1, timeouts: 1 },
};

let status = 200;
let serving = SERVING;
const servers: Server[] = [];
const asked: string[] = [];

const scratch = await useScratch();

const used = useGateway(async () => {
  const secure = await listening(
    createServer({ key: KEY, cert: CERTIFICATE }, (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(status).end();
    }),
  );
  const grpc = createHttp2Server();
  grpc.on("stream", answerHealth);
  const target = `127.0.0.1:${await listening(grpc)}`;
  const tls = { type: "https", http_path: "/up", timeout: 2 };
  const upstreams = [
    upstream("known", `127.0.0.1:${secure}`, { ...tls, https_sni: "probe.test" }),
    upstream("misnamed", `127.0.0.1:${secure}`, { ...tls, https_sni: "other.test" }),
    upstream("unchecked", `127.0.0.1:${secure}`, { ...tls, https_verify_certificate: false }),
    upstream("grpc", target, { type: "grpc", timeout: 2 }),
  ];
  return {
    config: config({ upstreams }),
    flags: ["--workers", "1"],
    env: { NODE_EXTRA_CA_CERTS: await scratch.write("ca.pem", CERTIFICATE) },
  };
}, 0);

after(() => {
  for (const server of servers) server.close();
});

function upstream(name: string, target: string, active: Entry): Entry {
  const healthchecks = { active: { ...ONCE, ...active } };
  return { name: `${name}.upstream`, targets: [{ target }], healthchecks };
}

async function listening(server: Server): Promise<number> {
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** HealthCheckResponse with its one field. */
function answerHealth(stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>): void {
  asked.push(String(headers[":path"]));
  stream.on("error", () => undefined);
  stream.resume();
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(Buffer.from([0, 0, 0, 0, 2, 8, serving]));
}

test("active checks over https: the status decides when the certificate is for the name", async () => {
  await untilHealth(used.gateway, "known.upstream", "HEALTHY");
  status = 500;
  const out = await untilHealth(used.gateway, "known.upstream", "UNHEALTHY");
  assert.match(out.targets[0]?.reason ?? "", /http failure 1: status 500/);
  status = 200;
  await untilHealth(used.gateway, "known.upstream", "HEALTHY");
  assert.ok(asked.includes("GET /up"));
});

test("U14 active checks over https: a certificate for another name is a failure, unless nobody looks", async () => {
  const out = await untilHealth(used.gateway, "misnamed.upstream", "UNHEALTHY");
  assert.match(out.targets[0]?.reason ?? "", /^active check, tcp failure 1: /);
  await untilHealth(used.gateway, "unchecked.upstream", "HEALTHY");
});

test("active checks by gRPC: a server that says NOT_SERVING is out until it says SERVING", async () => {
  await untilHealth(used.gateway, "grpc.upstream", "HEALTHY");
  serving = NOT_SERVING;
  const out = await untilHealth(used.gateway, "grpc.upstream", "UNHEALTHY");
  assert.match(out.targets[0]?.reason ?? "", /http failure 1: NOT_SERVING/);
  serving = SERVING;
  const back = await untilHealth(used.gateway, "grpc.upstream", "HEALTHY");
  assert.match(back.targets[0]?.reason ?? "", /success 1: SERVING/);
  assert.ok(asked.includes("/grpc.health.v1.Health/Check"));
});
