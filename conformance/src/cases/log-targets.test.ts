// Where logs and metrics go besides http: TCP, UDP, syslog, Loki, StatsD, Datadog, and /metrics under Kong's names. Each
// line is read as strictly as its protocol has it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { collectDatagrams, collectHttp, collectStream, takeLine } from "../harness/collectors.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { useScratch } from "../harness/scratch.ts";
import { reply } from "../harness/upstream.ts";

/** A message and what comes behind it, with octet counting (RFC 6587 §3.4.1). */
function takeCounted(text: string): readonly [string, string] | undefined {
  const [counter = "", length] = /^([1-9]\d*) /.exec(text) ?? [];
  if (length === undefined) return undefined;
  const bytes = Buffer.from(text.slice(counter.length));
  const size = Number(length);
  if (bytes.length < size) return undefined;
  return [bytes.toString("utf8", 0, size), bytes.toString("utf8", size)];
}

const scratch = await useScratch();
const socketPath = scratch.path("syslog.sock");
const [tcp, syslogTcp, syslogUnix] = await Promise.all([
  collectStream(takeLine),
  collectStream(takeCounted),
  collectStream(takeLine, socketPath),
]);
const [udp, syslogUdp, statsd, datadog] = await Promise.all([
  collectDatagrams(),
  collectDatagrams(),
  collectDatagrams(),
  collectDatagrams(),
]);
const loki = await collectHttp();

const host = "127.0.0.1";
const PLUGINS: Readonly<Record<string, Entry>> = {
  tcp: { name: "tcp-log", config: { host, port: tcp.port, queue: { initial_retry_delay: 0.01 } } },
  udp: { name: "udp-log", config: { host, port: udp.port } },
  "syslog-udp": {
    name: "syslog",
    config: {
      host,
      port: syslogUdp.port,
      facility: "local4",
      client_errors_severity: "warning",
      successful_severity: "debug",
      server_errors_severity: "err",
    },
  },
  "syslog-tcp": { name: "syslog", config: { protocol: "tcp", host, port: syslogTcp.port } },
  "syslog-unix": { name: "syslog", config: { protocol: "unix", path: socketPath } },
  loki: {
    name: "loki",
    config: {
      endpoint_addrs: [`http://127.0.0.1:${loki.port}`],
      tenant_id: "team",
      log_labels: { job: "edge" },
      queue: { max_batch_size: 2, max_coalescing_delay: 0.05 },
    },
  },
  statsd: { name: "statsd", config: { host, port: statsd.port } },
  datadog: { name: "datadog", config: { host, port: datadog.port } },
  prometheus: {
    name: "prometheus",
    config: { status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true },
  },
};

const used = useGateway(([port = 0]) => ({
  config: config({
    services: Object.entries(PLUGINS).map(([name, plugin]) =>
      service(name, port, `/${name}`, { plugins: [plugin] }),
    ),
  }),
}));

interface LogRecord {
  readonly request: { readonly uri: string };
}

function uriOf(json: string): string {
  return (JSON.parse(json) as LogRecord).request.uri; // The gateway's log record.
}

test("tcp-log: records are lines on one connection, and on another one when that has gone", async () => {
  await used.gateway.get("/tcp/a");
  await used.gateway.get("/tcp/b");
  await tcp.count(2, "lines");
  assert.deepEqual(tcp.items.map(uriOf), ["/tcp/a", "/tcp/b"]);
  assert.equal(tcp.connections, 1);
  tcp.disconnect();
  // What was written while nobody had told of the end is lost; what comes then is not.
  await eventually(async () => {
    await used.gateway.get("/tcp/c");
    return tcp.items.length > 2 ? true : undefined;
  }, "a line on another connection");
  assert.equal(tcp.connections, 2);
});

test("udp-log: a datagram is a record", async () => {
  await used.gateway.get("/udp/a");
  await used.gateway.get("/udp/b");
  await udp.count(2, "datagrams");
  assert.deepEqual(udp.items.map(uriOf), ["/udp/a", "/udp/b"]);
});

/** RFC 5424 §6: the header's fields, no structured data, and the message. */
const SYSLOG =
  /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) (-|[!-~]{1,255}) ([!-~]{1,48}) (-|[!-~]{1,128}) ([!-~]{1,32}) - (.*)$/s;

function syslogParts(text: string): { priority: number; uri: string } {
  const [, priority, time, , app, , id, message = ""] = SYSLOG.exec(text) ?? [];
  assert.ok(priority !== undefined, text);
  assert.ok(Math.abs(Date.parse(time ?? "") - Date.now()) < 60_000);
  assert.deepEqual([app, id], ["sluice", "access"]);
  return { priority: Number(priority), uri: uriOf(message) };
}

test("syslog: severities are by status, and what log_level leaves out is not sent", async () => {
  const statuses = ["200 OK", "404 Not Found", "503 Service Unavailable"];
  used.upstream.answer = (_request, connection) =>
    connection.send(reply(statuses.shift() ?? "", "x"));
  for (const path of ["ok", "missing", "down"]) await used.gateway.get(`/syslog-udp/${path}`);
  await syslogUdp.count(2, "messages");
  assert.deepEqual(syslogUdp.items.map(syslogParts), [
    { priority: 20 * 8 + 4, uri: "/syslog-udp/missing" },
    { priority: 20 * 8 + 3, uri: "/syslog-udp/down" },
  ]);
});

test("syslog: TCP counts the bytes of each message, and a Unix socket has one a line", async () => {
  await used.gateway.get("/syslog-tcp/a", 'User-Agent: ü\t"');
  await used.gateway.get("/syslog-tcp/b");
  await used.gateway.get("/syslog-unix/a");
  await syslogTcp.count(2, "messages");
  await syslogUnix.count(1, "messages");
  const user = { priority: 14 };
  assert.deepEqual(syslogTcp.items.map(syslogParts), [
    { ...user, uri: "/syslog-tcp/a" },
    { ...user, uri: "/syslog-tcp/b" },
  ]);
  assert.deepEqual(syslogUnix.items.map(syslogParts), [{ ...user, uri: "/syslog-unix/a" }]);
});

test("loki: batches are streams with labels and times in nanoseconds", async () => {
  for (const path of ["a", "b", "c"]) await used.gateway.get(`/loki/${path}`);
  await loki.count(2, "pushes");
  const values = loki.items.flatMap(({ url, headers, body }) => {
    assert.deepEqual([url, headers["x-scope-orgid"]], ["/loki/api/v1/push", "team"]);
    const { streams } = JSON.parse(body) as { streams: { stream: Entry; values: string[][] }[] };
    assert.equal(streams.length, 1);
    assert.deepEqual(streams[0]?.stream, { job: "edge" });
    return streams[0]?.values ?? [];
  });
  assert.deepEqual(
    values.map(([, line = ""]) => uriOf(line)),
    ["/loki/a", "/loki/b", "/loki/c"],
  );
  for (const [time = ""] of values) assert.match(time, /^\d{19}$/);
});

/** `name:value|type`, with a rate and tags. */
const STAT = /^([\w.-]+):(-?[\d.]+|[\w-]+)\|(c|g|ms|h|m|s|d)(?:\|@([\d.]+))?(?:\|#([^|\n]*))?$/;

test("statsd: each datagram is a metric with Kong's name", async () => {
  await used.gateway.get("/statsd/a");
  await statsd.count(8, "metrics");
  const names = statsd.items.map((line) => {
    const [, name, value, type] = STAT.exec(line) ?? [];
    assert.ok(Number(value) >= 0, line);
    return `${name} ${type}`;
  });
  const scope = "kong.service.statsd";
  assert.deepEqual(names, [
    `${scope}.request.count c`,
    `${scope}.latency ms`,
    `${scope}.request.size c`,
    `${scope}.status.200 c`,
    `${scope}.response.size c`,
    `${scope}.upstream_latency ms`,
    `${scope}.kong_latency ms`,
    `${scope}.workspace.default.status.200 c`,
  ]);
});

test("datadog: metrics have Kong's names and tags", async () => {
  await used.gateway.get("/datadog/a");
  await datadog.count(6, "metrics");
  const tags = "name:datadog,status:200,app:kong";
  for (const line of datadog.items) assert.equal(STAT.exec(line)?.[5], tags, line);
  assert.equal(datadog.items[0], `kong.request.count:1|c|#${tags}`);
});

test("prometheus: /metrics has Kong's names, and as many routes as the config has (O8)", async () => {
  for (let path = 0; path < 5; path++) await used.gateway.get(`/prometheus/${path}`);
  const labels = { service: "prometheus", route: "prometheus-route", workspace: "default" };
  const samples = await eventually(async () => {
    const text = (await used.gateway.status("/metrics")).body.toString();
    const found = parseMetrics(text);
    return total(found, "kong_http_requests_total") === 5 ? found : undefined;
  }, "five requests");
  const requests = samples.filter(({ name }) => name === "kong_http_requests_total");
  assert.deepEqual(
    requests.map((each) => each.labels),
    [{ ...labels, code: "200", source: "service", consumer: "" }],
  );
  for (const name of [
    "kong_request_latency_ms",
    "kong_kong_latency_ms",
    "kong_upstream_latency_ms",
  ]) {
    assert.equal(total(samples, `${name}_count`, labels), 5, name);
  }
  assert.ok(total(samples, "kong_bandwidth_bytes", { direction: "egress" }) > 5);
  assert.ok(total(samples, "kong_bandwidth_bytes", { direction: "ingress" }) > 5);
});

test("L1 whatever a client sends, it is one record", async () => {
  const path = (name: string): string => `/${name}/l1?a=%22%0d%0a%1b[31m"`;
  const evil = `"}\\n\\u000a{"a":"\t\u00ff\u0085 ${"x".repeat(6000)}`;
  for (const name of ["tcp", "syslog-tcp", "syslog-unix", "loki", "loki"]) {
    await used.gateway.get(path(name), `User-Agent: ${evil}`, `X-Evil: ${evil}`);
  }
  const isL1 = (text: string): string | undefined => (text.includes("/l1") ? text : undefined);
  const pushed = await loki.find(({ body }) => isL1(body), "a push");
  const { streams } = JSON.parse(pushed) as { streams: { values: string[][] }[] };
  const records = [
    await tcp.find(isL1, "a line"),
    (await syslogTcp.find(isL1, "a message")).replace(SYSLOG, "$7"),
    (await syslogUnix.find(isL1, "a line")).replace(SYSLOG, "$7"),
    ...(streams[0]?.values ?? []).map(([, line = ""]) => line),
  ];
  for (const record of records) {
    assert.doesNotMatch(record, /[\0-\x1f\x7f]/);
    assert.match(uriOf(record), /\/l1\?a=%22%0d%0a%1b/i);
  }
  assert.ok(records.length >= 4);
});

test("L2 no target gets what the operator or a client keeps secret", async () => {
  const secret = "topsecret";
  for (const path of ["tcp", "udp", "syslog-udp", "loki"]) {
    used.upstream.answer = (_request, connection) =>
      connection.send(reply("404 Not Found", "x", `Set-Cookie: ${secret}`));
    await used.gateway.get(`/${path}/l2?apikey=${secret}`, `Authorization: Bearer ${secret}`);
  }
  const isL2 = (text: string): string | undefined => (text.includes("/l2") ? text : undefined);
  const texts = await Promise.all([
    tcp.find(isL2, "a record"),
    udp.find(isL2, "a record"),
    syslogUdp.find(isL2, "a record"),
    loki.find(({ body }) => isL2(body), "a record"),
  ]);
  for (const text of texts) {
    assert.doesNotMatch(text, /topsecret/);
    assert.match(text, /REDACTED/);
  }
});
