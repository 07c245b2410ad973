// More work than the gateway takes: connections, requests, files, a blocked log, a stalled event loop. It refuses the
// rest in a way that clients understand, lives on, and recovers.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { askToClose, connect, get, head } from "../harness/client.ts";
import type { Client } from "../harness/client.ts";
import { config, forwardAll, service } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { startGateway } from "../harness/gateway.ts";
import type { Gateway, GatewayOptions } from "../harness/gateway.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { reply, startUpstream } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";

interface Parts {
  readonly upstream: Upstream;
  readonly gateway: Gateway;
}

async function start(t: TestContext, options: Partial<GatewayOptions> = {}): Promise<Parts> {
  const upstream = await startUpstream();
  t.after(() => upstream.close());
  const gateway = await startGateway({ config: forwardAll(upstream.port), ...options });
  t.after(() => gateway.stop("SIGKILL"));
  return { upstream, gateway };
}

async function metric(
  gateway: Gateway,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  return total(parseMetrics((await gateway.status("/metrics")).text), name, labels);
}

/** Waits until the metric has the value. */
async function untilMetric(
  gateway: Gateway,
  name: string,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  let last = NaN;
  await eventually(
    async () => ((last = await metric(gateway, name, labels)) === value ? true : undefined),
    () => `${name} to be ${value}; it is ${last}`,
  );
}

async function clients(t: TestContext, port: number, count: number): Promise<Client[]> {
  const all = await Promise.all(Array.from({ length: count }, () => connect(port)));
  t.after(() => all.forEach((client) => client.socket.destroy()));
  return all;
}

test("O1 load: a connection past --max-connections gets 503 with Retry-After, is closed and counted", async (t) => {
  const { gateway } = await start(t, { flags: ["--max-connections", "2"] });
  const [first] = await clients(t, gateway.proxyPort, 2);
  await untilMetric(gateway, "sluice_connections", 2);
  const answer = await askToClose(gateway.proxyPort, get("/"));
  assert.match(answer, /^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n/);
  assert.match(answer, /\{"message":"[^"]+","request_id":"[0-9a-f]+"\}$/);
  const labels = { reason: "max_connections" };
  await untilMetric(gateway, "sluice_connections_refused_total", 1, labels);
  assert.equal((await first?.send(get("/served")).response())?.status, 200);
  first?.socket.destroy();
  await untilMetric(gateway, "sluice_connections", 1);
  assert.equal((await gateway.get("/again")).status, 200);
});

test("O1 load: a thousand clients on 256 file descriptors leave a gateway that serves", async (t) => {
  const { gateway } = await start(t, { openFiles: 256 });
  const held = await Promise.all(
    Array.from({ length: 1_000 }, () => connect(gateway.proxyPort).catch(() => undefined)),
  );
  await eventually(async () => {
    const refused = await metric(gateway, "sluice_connections_refused_total");
    return refused + (await metric(gateway, "sluice_connections")) >= 1_000 ? true : undefined;
  }, "all clients to be taken or refused");
  assert.ok((await metric(gateway, "sluice_connections")) <= 128);
  let served = 0;
  for (const client of held) {
    const answer = client?.send(get("/held")).response();
    if ((await answer?.catch(() => undefined))?.status === 200) served++;
  }
  assert.ok(served > 0 && served <= 128, `${served} served`);
  for (const client of held) client?.socket.destroy();
  await untilMetric(gateway, "sluice_connections", 0);
  assert.equal((await gateway.get("/after")).status, 200);
});

test("C1 load: --max-connections-per-ip holds for each address on its own", async (t) => {
  const { gateway } = await start(t, { flags: ["--max-connections-per-ip", "3"] });
  const slow = await clients(t, gateway.proxyPort, 3);
  for (const client of slow) client.send("GET / HTTP/1.1\r\nHost: ");
  await untilMetric(gateway, "sluice_connections", 3);
  assert.match(await askToClose(gateway.proxyPort, get("/")), /^HTTP\/1\.1 503 /);
  const labels = { reason: "max_connections_per_ip" };
  await untilMetric(gateway, "sluice_connections_refused_total", 1, labels);
  const other = await connect(gateway.proxyPort, "127.0.0.2");
  assert.equal((await other.send(get("/")).response()).status, 200);
  other.socket.destroy();
});

test("O2 O3 load: a request past --max-requests gets 503 with Retry-After and keeps its connection", async (t) => {
  const { gateway, upstream } = await start(t, { flags: ["--max-requests", "2"] });
  const waiting: (() => void)[] = [];
  upstream.answer = (request, connection) => {
    const answer = (): void => void connection.send(reply("200 OK", request.target));
    if (request.target === "/slow") waiting.push(answer);
    else answer();
  };
  const slow = await clients(t, gateway.proxyPort, 2);
  for (const client of slow) client.send(get("/slow"));
  await upstream.until(() => waiting.length === 2, "both slow requests");
  const client = await connect(gateway.proxyPort);
  const body = "Content-Length: 3";
  const refused = await client.send(`${head("POST /x HTTP/1.1", "Host: a", body)}abc`).response();
  assert.equal(refused.status, 503);
  assert.equal(refused.header("retry-after"), "1");
  assert.deepEqual(Object.keys(refused.json() as object), ["message", "request_id"]);
  for (const path of ["/health/live", "/health/ready", "/status"]) {
    assert.equal((await gateway.status(path)).status, 200, path);
  }
  await untilMetric(gateway, "sluice_errors_total", 1, { code: "overloaded" });
  for (const answer of waiting) answer();
  for (const each of slow) assert.equal((await each.response()).text, "/slow");
  assert.equal((await client.send(get("/later")).response()).text, "/later");
  client.socket.destroy();
  assert.equal(upstream.requests.length, 3);
});

test("O6 load: an answer that came while the event loop stood still is in time", async (t) => {
  const upstream = await startUpstream();
  t.after(() => upstream.close());
  const services = [service("quick", upstream.port, "/", { read_timeout: 700, retries: 0 })];
  const gateway = await startGateway({ config: config({ services }) });
  t.after(() => gateway.stop("SIGKILL"));
  assert.equal((await gateway.get("/warm")).status, 200);
  upstream.reset();
  upstream.answer = (_request, connection) => {
    gateway.process.kill("SIGSTOP");
    connection.send(reply("200 OK", "in time"));
    setTimeout(() => gateway.process.kill("SIGCONT"), 1_500);
  };
  const responses = await Promise.all([gateway.get("/a"), gateway.get("/b")]);
  assert.deepEqual(
    responses.map(({ status, text }) => [status, text]),
    [
      [200, "in time"],
      [200, "in time"],
    ],
  );
  // From one reading: each sweep of the loop between two would count as a quick one.
  const metrics = parseMetrics((await gateway.status("/metrics")).text);
  const name = "sluice_event_loop_lag_ms_bucket";
  const slow = total(metrics, name, { le: "+Inf" });
  const quick = total(metrics, name, { le: "750" });
  assert.ok(slow > quick, "no lag of more than 750 ms was counted");
});

test("O7 load: a stderr that nobody reads costs log lines, which are counted, and no request", async (t) => {
  const { gateway } = await start(t, { flags: ["--log-level", "debug"] });
  gateway.process.stderr?.pause();
  // Each of these is a line; together they are more than the pipe and the gateway's queue take.
  const fill = async (): Promise<void> => {
    for (let count = 0; count < 300; count++) await askToClose(gateway.proxyPort, "BAD /\r\n\r\n");
  };
  const name = "sluice_log_lines_dropped_total";
  await eventually(
    async () => {
      await Promise.all(Array.from({ length: 20 }, fill));
      return (await metric(gateway, name, { sink: "gateway" })) > 0 ? true : undefined;
    },
    "dropped lines",
    60_000,
  );
  assert.equal((await gateway.get("/served")).status, 200);
  assert.equal((await gateway.status("/health/ready")).status, 200);
  // The lines that nobody reads do not keep it from ending, though there is no orderly way.
  gateway.process.kill("SIGTERM");
  await once(gateway.process, "exit");
});

test("O1 load: kept connections to many upstreams are no more than clients may have", async (t) => {
  const upstreams = await Promise.all([1, 2, 3, 4].map(() => startUpstream()));
  t.after(() => Promise.all(upstreams.map((upstream) => upstream.close())));
  const services = upstreams.map(({ port }, index) => service(`s${index}`, port, `/${index}`));
  const flags = ["--max-connections", "8"];
  const gateway = await startGateway({ config: config({ services }), flags });
  t.after(() => gateway.stop("SIGKILL"));
  const all = await clients(t, gateway.proxyPort, 8);
  for (const [index, upstream] of upstreams.entries()) {
    const waiting: (() => void)[] = [];
    upstream.answer = (_request, connection) =>
      void waiting.push(() => connection.send(reply("200 OK", "ok")));
    for (const client of all) client.send(get(`/${index}`));
    await upstream.until(() => waiting.length === 8, "all requests at once");
    for (const answer of waiting) answer();
    for (const client of all) assert.equal((await client.response()).status, 200);
  }
  const open = (): number => upstreams.reduce((sum, { openCount }) => sum + openCount, 0);
  await eventually(
    () => (open() <= 8 ? true : undefined),
    () => `8 connections, not ${open()}`,
  );
});
