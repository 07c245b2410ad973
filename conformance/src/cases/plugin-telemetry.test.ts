// What policies tell of themselves: metrics, spans and log lines.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config, service } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import type { Sample } from "../harness/metrics.ts";

const used = useGateway(async ([port = 0]) => ({
  config: config({
    services: [
      service("all", port, "/", {
        plugins: [{ name: "services" }, { name: "services-peer", grants: { store: ["common"] } }],
      }),
    ],
  }),
  plugins: {
    services: await buildGuest("services"),
    "services-peer": await buildGuest("services-peer"),
  },
  flags: ["--workers", "2", "--plugin-timeout", "1000"],
}));

async function metrics(): Promise<Sample[]> {
  return parseMetrics((await used.gateway.status("/metrics")).text);
}

async function count(color: string, requests: number): Promise<void> {
  const answers = Array.from({ length: requests }, () =>
    used.gateway.get(`/count?color=${encodeURIComponent(color)}`),
  );
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
}

const VISITS = "sluice_plugin_services_visits";

test("metrics: what a policy counts is shown, summed over the workers", async () => {
  await count("blue", 60);
  await count('a"b\n', 1);
  const samples = await metrics();
  assert.equal(total(samples, VISITS, { color: "blue" }), 60);
  assert.equal(total(samples, VISITS), 61);
  assert.equal(total(samples, "sluice_plugin_services_sizes_count"), 61);
  assert.equal(total(samples, "sluice_plugin_services_sizes_bucket", { le: "10" }), 0);
  assert.equal(total(samples, "sluice_plugin_services_sizes_bucket", { le: "100" }), 61);
  assert.equal(total(samples, "sluice_plugin_services_sizes_sum"), 61 * 50);
  assert.ok([7, 14].includes(total(samples, "sluice_plugin_services_depth")));
  const { text } = await used.gateway.status("/metrics");
  assert.match(text, /^# TYPE sluice_plugin_services_visits counter$/m);
  assert.match(text, /^# HELP sluice_plugin_services_visits Requests by color$/m);
  assert.match(text, /^# TYPE sluice_plugin_services_sizes histogram$/m);
});

test("metrics: a counter goes on when its policy is swapped", async () => {
  await count("swapped", 10);
  const mark = used.gateway.mark;
  const bytes = await buildGuest("services");
  // The same module with one more custom section is another file.
  await used.gateway.writePlugin("services", Buffer.concat([bytes, Buffer.from([0, 2, 1, 120])]));
  await used.gateway.logged(/reloaded/i, mark);
  await count("swapped", 10);
  assert.equal(total(await metrics(), VISITS, { color: "swapped" }), 20);
});

test("O8 metrics: at most 1000 series, and what is beyond is counted", async () => {
  // 300 each, so that one of two workers gets more than 1000 of them.
  for (let from = 0; from < 10; from++) {
    assert.equal((await used.gateway.get(`/count-many?from=${from}`)).status, 200);
  }
  const samples = await metrics();
  // Each worker has a limit of its own.
  assert.ok(samples.filter(({ name }) => name === VISITS).length <= 2000);
  const labels = { plugin: "services", metric: "visits" };
  assert.ok(total(samples, "sluice_plugin_metric_records_dropped_total", labels) > 0);
  await count("late", 1);
});

interface TraceLine {
  readonly fields: {
    readonly trace: {
      readonly trace_id: string;
      readonly span_id: string;
      readonly parent_id: string | null;
      readonly sampled: boolean;
      readonly spans: readonly Readonly<Record<string, unknown>>[];
    };
    readonly record: { readonly trace_id?: { readonly w3c?: string } };
  };
}

async function traceOf(...lines: string[]): Promise<TraceLine["fields"]> {
  const mark = used.gateway.mark;
  await used.gateway.get("/spans", ...lines);
  const line = await used.gateway.logged(/the trace/, mark);
  return (JSON.parse(line) as TraceLine).fields; // See ../guests/services.ts.
}

test("spans: they are on the client's trace, with parents, times and attributes", async () => {
  const [traceId, parentId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
  const beforeNs = BigInt(Date.now() - 1000) * 1_000_000n;
  const { trace, record } = await traceOf(`traceparent: 00-${traceId}-${parentId}-00`);
  assert.deepEqual([trace.trace_id, trace.parent_id, trace.sampled], [traceId, parentId, false]);
  assert.equal(record.trace_id?.w3c, traceId);
  const [outer, inner] = trace.spans;
  assert.deepEqual([outer?.["name"], inner?.["name"]], ["outer", "inner"]);
  assert.deepEqual(
    [outer?.["parent_id"], inner?.["parent_id"]],
    [trace.span_id, outer?.["span_id"]],
  );
  assert.deepEqual(outer?.["attributes"], { path: "/spans" });
  assert.deepEqual([outer?.["plugin"], outer?.["is_error"]], ["services", false]);
  const times = [outer?.["start_ns"], inner?.["start_ns"], inner?.["end_ns"], outer?.["end_ns"]];
  const ns = times.map((time) => BigInt(String(time)));
  assert.deepEqual(
    ns,
    ns.toSorted((a, b) => (a < b ? -1 : 1)),
  );
  assert.ok((ns[0] ?? 0n) > beforeNs);
});

test("L3 spans: a traceparent that is not valid, or is there twice, begins a new trace", async () => {
  const valid = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  for (const lines of [["traceparent: nonsense"], [valid, valid], []]) {
    const { trace } = await traceOf(...lines);
    assert.match(trace.trace_id, /^[0-9a-f]{32}$/);
    assert.notEqual(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert.equal(trace.parent_id, null);
  }
});

test("L1 log: a line with fields is one line of JSON, and the fields are not the gateway's", async () => {
  const mark = used.gateway.mark;
  await used.gateway.get("/log");
  const line = await used.gateway.logged(/with.*fields/, mark);
  const { plugin, level, msg, fields } = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual([plugin, level, msg], ["services", 40, "with\r\nfields"]);
  assert.deepEqual(fields, { user: { name: "\u001b[31mü" }, level: 9 });
  assert.ok(!line.includes("\u001b"));
});

test("W6 log: of 100,000 lines some are written, the rest is counted and said once", async () => {
  const mark = used.gateway.mark;
  const response = await used.gateway.get("/spam");
  // It may well use up its time.
  assert.ok([200, 500].includes(response.status));
  await used.gateway.logged(/services.*more than 100 lines a second/, mark);
  const dropped = await eventually(async () => {
    const samples = await metrics();
    const lines = total(samples, "sluice_plugin_log_lines_dropped_total", { plugin: "services" });
    return lines > 100 ? lines : undefined;
  }, "dropped lines");
  const said = used.gateway.log.slice(mark).split("\n");
  const spam = said.filter((line) => line.includes("spam ")).length;
  assert.ok(spam > 0 && spam < 2000, `${spam} lines, ${dropped} dropped`);
  assert.equal(said.filter((line) => line.includes("more than 100 lines a second")).length, 1);
  assert.equal((await used.gateway.get("/nothing")).status, 200);
});
