// http-log, and with it what all sinks share: batches, retries, dead letters, bounds and counters.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { collectHttp } from "../harness/collectors.ts";
import type { CollectedRequest } from "../harness/collectors.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { useScratch } from "../harness/scratch.ts";
import { closedPort, reply } from "../harness/upstream.ts";

const scratch = await useScratch();
const deadLetters = scratch.path("dead.log");
const collector = await collectHttp();
const silent = await closedPort();

function logged(name: string, more: Entry): (upstream: number) => Entry {
  const endpoint = `http://logger:s3cret@127.0.0.1:${collector.port}/${name}?token=s3cret`;
  const plugin = { name: "http-log", config: { http_endpoint: endpoint, ...more } };
  return (upstream) => service(name, upstream, `/${name}`, { plugins: [plugin] });
}

const QUICK = { initial_retry_delay: 0.01, max_retry_delay: 0.02 };
const SERVICES = [
  logged("plain", { headers: { "X-Tenant": "a" }, method: "PUT" }),
  logged("batched", {
    queue: { max_batch_size: 3, max_coalescing_delay: 0.05 },
  }),
  logged("failing", { queue: QUICK }),
  logged("dead", {
    queue: { ...QUICK, max_retry_time: 0.05, dead_letter_path: deadLetters },
  }),
  logged("full", { queue: { ...QUICK, max_entries: 2 } }),
  logged("down", {
    http_endpoint: `http://127.0.0.1:${silent}/`,
    queue: { max_retry_time: -1 },
  }),
];

const used = useGateway(([port = 0]) => ({
  config: config({ services: SERVICES.map((make) => make(port)) }),
  // One sink never answers: what is queued for it need not be waited for.
  flags: ["--drain-timeout", "100"],
}));

interface LogRecord {
  readonly request: {
    readonly uri: string;
    readonly headers: Readonly<Record<string, string>>;
  };
}

/** What a batch says, whatever its shape. */
function recordsOf({ body }: CollectedRequest): readonly LogRecord[] {
  const value: unknown = JSON.parse(body);
  return (Array.isArray(value) ? value : [value]) as LogRecord[]; // The gateway's log record.
}

function uris(requests: readonly CollectedRequest[]): readonly string[] {
  return requests.flatMap((request) => recordsOf(request).map((each) => each.request.uri));
}

function of(name: string): readonly CollectedRequest[] {
  return collector.items.filter(({ url }) => url.startsWith(`/${name}`));
}

/** Waits for a record of the path in a request to /name, whether or not it was answered well. */
function sent(name: string, uri: string): Promise<CollectedRequest> {
  return collector.find(
    (request) =>
      request.url.startsWith(`/${name}`) && uris([request]).includes(uri) ? request : undefined,
    `a record of ${uri}`,
  );
}

async function counted(outcome: string): Promise<number> {
  const samples = parseMetrics((await used.gateway.status("/metrics")).body.toString());
  return total(samples, "sluice_sink_entries_total", { plugin: "http-log", outcome });
}

test("http-log: each record is one request, with the operator's method, headers and user", async () => {
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "x"));
  const key = "Authorization: Bearer topsecret";
  assert.equal((await used.gateway.get("/plain/a?apikey=topsecret", key)).status, 200);
  const { method, headers, body, url } = await sent("plain", "/plain/a?apikey=REDACTED");
  assert.deepEqual([method, url], ["PUT", "/plain?token=s3cret"]);
  assert.equal(headers["x-tenant"], "a");
  assert.equal(headers["content-type"], "application/json");
  assert.equal(
    headers["authorization"],
    `Basic ${Buffer.from("logger:s3cret").toString("base64")}`,
  );
  assert.doesNotMatch(body, /topsecret/);
});

test("http-log: one connection carries one request after the other", async () => {
  await used.gateway.get("/plain/first");
  const first = await sent("plain", "/plain/first");
  await used.gateway.get("/plain/second");
  const second = await sent("plain", "/plain/second");
  assert.equal(second.connection, first.connection);
});

test("L1 http-log: a record is one line of JSON, whatever the client sent", async () => {
  await used.gateway.get("/plain/l1", 'User-Agent: "\\ \t ü');
  const { body } = await sent("plain", "/plain/l1");
  assert.doesNotMatch(body, /[\n\r\x1b]/);
  assert.match(
    recordsOf({ body } as CollectedRequest)[0]?.request.headers["user-agent"] ?? "",
    /^"\\/,
  );
});

test("http-log: batches are arrays, as full as they may be, and do not wait for ever", async () => {
  for (const path of ["/a", "/b", "/c", "/d"]) await used.gateway.get(`/batched${path}`);
  await sent("batched", "/batched/d");
  assert.deepEqual(uris(of("batched")), ["/batched/a", "/batched/b", "/batched/c", "/batched/d"]);
  assert.ok(of("batched").every(({ body }) => body.startsWith("[")));
  assert.ok(of("batched").every((request) => recordsOf(request).length <= 3));
  assert.ok(of("batched").length < 4);
});

test("http-log: a status of 300 and above is tried again until it is taken", async () => {
  const statuses = [500, 404, 302, 200];
  collector.answer = ({ url }) => (url.startsWith("/failing") ? (statuses.shift() ?? 200) : 200);
  await used.gateway.get("/failing/x");
  await eventually(() => (of("failing").length >= 4 ? true : undefined), "four attempts");
  assert.deepEqual(new Set(uris(of("failing"))), new Set(["/failing/x"]));
  await used.gateway.get("/failing/y");
  await sent("failing", "/failing/y");
  const samples = parseMetrics((await used.gateway.status("/metrics")).body.toString());
  assert.equal(total(samples, "sluice_sink_retries_total", { plugin: "http-log" }), 3);
});

test("http-log: what nobody takes in max_retry_time is kept in the dead-letter file", async () => {
  collector.answer = ({ url }) => (url.startsWith("/dead") ? 503 : 200);
  await used.gateway.get("/dead/x");
  const text = await eventually(
    () => readFile(deadLetters, "utf8").catch(() => undefined),
    "the dead-letter file",
  );
  assert.equal((JSON.parse(text) as LogRecord).request.uri, "/dead/x");
  await eventually(async () => ((await counted("spilled")) === 1 ? true : undefined), "a count");
  const line = await used.gateway.logged(/gave up 1 entries: answered 503/);
  assert.doesNotMatch(line, /s3cret/);
});

test("O7 http-log: a sink that answers nothing delays no request, and its queue is bounded and counted", async () => {
  collector.answer = ({ url }) => (url.startsWith("/full") ? 0 : 200);
  const before = await counted("dropped_full");
  for (let request = 0; request < 6; request++) {
    assert.equal((await used.gateway.get(`/full/${request}`)).status, 200);
  }
  await sent("full", "/full/0");
  await eventually(
    async () => ((await counted("dropped_full")) - before >= 4 ? true : undefined),
    "four dropped entries",
  );
});

test("O7 http-log: a sink that is down delays no request, and what is lost is counted", async () => {
  assert.equal((await used.gateway.get("/down")).status, 200);
  await eventually(
    async () => ((await counted("dropped_failed")) === 1 ? true : undefined),
    "a dropped entry",
  );
});

test("http-log: a reload that leaves an entry's options as they are leaves its queue as it is", async () => {
  collector.answer = ({ url }) => (url.startsWith("/failing") ? 500 : 200);
  await used.gateway.get("/failing/kept");
  await sent("failing", "/failing/kept");
  const mark = used.gateway.mark;
  // With another entry gone, all of the plugin is started anew.
  const services = SERVICES.slice(0, -1).map((make) => make(used.upstream.port));
  await used.gateway.writeConfig(config({ services }));
  await used.gateway.logged(/reload/, mark);
  await used.gateway.get("/failing/after");
  const attempts = of("failing").length;
  await eventually(() => (of("failing").length > attempts + 3 ? true : undefined), "attempts");
  assert.ok(!uris(of("failing")).includes("/failing/after"), "it waits behind the other");
  collector.answer = () => 200;
  await sent("failing", "/failing/after");
});
