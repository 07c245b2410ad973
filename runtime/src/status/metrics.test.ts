import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Exchange, ResponseSource } from "../exchange.ts";
import { exchangeOf } from "../exchange.testing.ts";
import { exposition } from "./exposition.ts";
import { Histogram, LATENCY_BUCKETS_MS } from "./histogram.ts";
import { Metrics } from "./metrics.ts";
import { RouteStats, countRequest } from "./route-stats.ts";

/** Samples of a text exposition by `name{labels}`; throws on a line that is none. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^([a-zA-Z_:][\w:]*(?:\{(?:[\w]+="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/.exec(line);
    assert.ok(match?.[1] !== undefined, line);
    assert.ok(!samples.has(match[1]), `twice: ${line}`);
    samples.set(match[1], Number(match[2]));
  }
  return samples;
}

interface Times {
  readonly totalMs: number;
  /** Until the upstream's head; undefined for a request that was not forwarded. */
  readonly upstreamMs?: number;
}

function answered(
  status: number,
  source: ResponseSource,
  { totalMs, upstreamMs }: Times,
): Exchange {
  const exchange = exchangeOf({ startedAtMs: 1000 });
  exchange.status = status;
  exchange.responseSource = source;
  exchange.requestBytes = 100;
  exchange.responseBytes = 1000;
  exchange.endedAtMs = 1000 + totalMs;
  if (upstreamMs !== undefined) {
    exchange.forwardedAtMs = 1001;
    exchange.upstreamHeadAtMs = 1001 + upstreamMs;
  }
  return exchange;
}

function count(stats: RouteStats, exchange: Exchange): void {
  countRequest({ stats, ...stats.row }, exchange);
}

describe("Histogram", () => {
  test("counts a value in the first bucket that it is not above", () => {
    const histogram = new Histogram();
    for (const ms of [0, 1, 1.001, 2, 6000, 6001, 1e9]) histogram.observe(ms);
    assert.deepEqual([histogram.counts[0], histogram.counts[1]], [2, 2]);
    assert.equal(histogram.counts[LATENCY_BUCKETS_MS.length - 1], 1);
    assert.equal(histogram.counts[LATENCY_BUCKETS_MS.length], 2);
    assert.equal(histogram.sum, 0 + 1 + 1.001 + 2 + 6000 + 6001 + 1e9);
  });
});

describe("RouteStats", () => {
  test("counts requests by status and by who answered", () => {
    const stats = new RouteStats("s", "r");
    count(stats, answered(200, "upstream", { totalMs: 1 }));
    count(stats, answered(200, "upstream", { totalMs: 1 }));
    count(stats, answered(401, "plugin", { totalMs: 1 }));
    count(stats, answered(502, "gateway", { totalMs: 1 }));
    count(stats, answered(502, "upstream", { totalMs: 1 }));
    assert.deepEqual(
      [...stats.codes()].map(({ source, code, count }) => `${source} ${code} ${count}`),
      ["upstream 200 2", "upstream 502 1", "gateway 502 1", "plugin 401 1"],
    );
  });

  test("splits the time between upstream and gateway", () => {
    const stats = new RouteStats("s", "r");
    count(stats, answered(200, "upstream", { totalMs: 30, upstreamMs: 20 }));
    assert.deepEqual(
      [stats.requestMs.sum, stats.upstreamMs.sum, stats.gatewayMs.sum],
      [30, 20, 10],
    );
    count(stats, answered(401, "plugin", { totalMs: 5 }));
    assert.deepEqual(
      [stats.requestMs.sum, stats.upstreamMs.sum, stats.gatewayMs.sum],
      [35, 20, 15],
    );
    assert.equal(
      stats.upstreamMs.counts.reduce((sum, count) => sum + count),
      1,
    );
  });

  test("counts a time-out as the upstream's time", () => {
    const stats = new RouteStats("s", "r");
    const exchange = answered(504, "gateway", { totalMs: 100 });
    exchange.forwardedAtMs = 1010;
    count(stats, exchange);
    assert.deepEqual([stats.upstreamMs.sum, stats.gatewayMs.sum], [90, 10]);
  });

  test("adds up bytes in both directions", () => {
    const stats = new RouteStats("s", "r");
    for (let n = 0; n < 3; n++) count(stats, answered(200, "upstream", { totalMs: 1 }));
    assert.deepEqual([stats.ingressBytes, stats.egressBytes], [300, 3000]);
  });
});

describe("Metrics", () => {
  test("are written as Prometheus reads them", async () => {
    const metrics = new Metrics(() => 7);
    const stats = metrics.route("svc", "rt");
    count(stats, answered(200, "upstream", { totalMs: 8, upstreamMs: 4 }));
    count(stats, answered(429, "plugin", { totalMs: 0.5 }));
    metrics.plugin("key-auth").calls.access = 3;
    metrics.plugin("key-auth").milliseconds.access = 1500;
    metrics.plugin("key-auth").live.add({ memoryBytes: 65_536 }).add({ memoryBytes: 131_072 });
    metrics.plugin("key-auth").ended.crash = 4;
    metrics.countError("upstream_timeout");
    metrics.countDroppedLines("file", 4);
    metrics.reloads.refused++;
    const samples = parse((await exposition(metrics.collect())).text);
    const expected = {
      'sluice_http_requests_total{service="svc",route="rt",code="200",source="upstream"}': 1,
      'sluice_http_requests_total{service="svc",route="rt",code="429",source="plugin"}': 1,
      'sluice_bandwidth_bytes{service="svc",route="rt",direction="ingress"}': 200,
      'sluice_bandwidth_bytes{service="svc",route="rt",direction="egress"}': 2000,
      'sluice_request_latency_ms_sum{service="svc",route="rt"}': 8.5,
      'sluice_request_latency_ms_count{service="svc",route="rt"}': 2,
      'sluice_upstream_latency_ms_count{service="svc",route="rt"}': 1,
      'sluice_plugin_calls_total{plugin="key-auth",phase="access"}': 3,
      'sluice_plugin_calls_total{plugin="key-auth",phase="log"}': 0,
      'sluice_plugin_seconds_total{plugin="key-auth",phase="access"}': 1.5,
      'sluice_plugin_memory_bytes{plugin="key-auth"}': 196_608,
      'sluice_plugin_instance_ends_total{plugin="key-auth",reason="crash"}': 4,
      'sluice_plugin_instances{plugin="key-auth"}': 2,
      'sluice_errors_total{code="upstream_timeout"}': 1,
      'sluice_log_lines_dropped_total{sink="file"}': 4,
      'sluice_reloads_total{result="refused"}': 1,
      'sluice_reloads_total{result="succeeded"}': 0,
      sluice_connections: 7,
    };
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(samples.get(name), value, name);
    }
  });

  test("state help and type of each metric once", async () => {
    const metrics = new Metrics(() => 0);
    metrics.route("a", "b");
    metrics.route("c", "d");
    const lines = (await exposition(metrics.collect())).text
      .split("\n")
      .filter((line) => line.startsWith("# TYPE"));
    assert.equal(new Set(lines).size, lines.length);
    assert.ok(lines.includes("# TYPE sluice_request_latency_ms histogram"));
    assert.ok(lines.includes("# TYPE sluice_http_requests_total counter"));
    assert.ok(lines.includes("# TYPE sluice_connections gauge"));
  });

  test("have cumulative histograms that end with their count", async () => {
    const metrics = new Metrics(() => 0);
    const stats = metrics.route("s", "r");
    for (const totalMs of [0.5, 1, 3, 60, 9000]) count(stats, answered(200, "plugin", { totalMs }));
    const samples = parse((await exposition(metrics.collect())).text);
    const bucket = (le: string): number | undefined =>
      samples.get(`sluice_request_latency_ms_bucket{service="s",route="r",le="${le}"}`);
    const counts = [...LATENCY_BUCKETS_MS.map(String), "+Inf"].map(
      (le) => bucket(le) ?? Number.NaN,
    );
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
    assert.deepEqual([bucket("1"), bucket("2"), bucket("5"), bucket("75")], [2, 2, 3, 4]);
    assert.deepEqual([bucket("6000"), bucket("+Inf")], [4, 5]);
    assert.equal(samples.get('sluice_request_latency_ms_count{service="s",route="r"}'), 5);
  });

  test("keep one set of counters for a route and a plugin over all configs", () => {
    const metrics = new Metrics(() => 0);
    assert.equal(metrics.route("s", "r"), metrics.route("s", "r"));
    assert.notEqual(metrics.route("s", "r"), metrics.route("s", "r2"));
    assert.notEqual(metrics.route("s r", ""), metrics.route("s", "r"));
    assert.equal(metrics.plugin("p"), metrics.plugin("p"));
  });

  test("escape names from the config", async () => {
    const metrics = new Metrics(() => 0);
    count(metrics.route('a"b\\c\nd', "r"), answered(200, "upstream", { totalMs: 1 }));
    const samples = parse((await exposition(metrics.collect())).text);
    const name =
      'sluice_http_requests_total{service="a\\"b\\\\c\\nd",route="r",code="200",source="upstream"}';
    assert.equal(samples.get(name), 1);
  });
});
