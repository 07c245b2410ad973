import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MetricDefinition } from "@sluice/plugin-sdk/abi";
import { exposition } from "./exposition.ts";
import { LATENCY_BUCKETS_MS } from "./histogram.ts";
import { Metrics } from "./metrics.ts";
import { PluginMetrics } from "./plugin-metrics.ts";

function definition(parts: Partial<MetricDefinition> = {}): MetricDefinition {
  return { kind: "counter", name: "hits", help: "Hits", labels: ["route"], ...parts };
}

function metrics(): PluginMetrics {
  return new PluginMetrics(() => ["sluice_plugin_calls_total"]);
}

/** `name{labels} value` of all samples, without the one of what was dropped. */
function shown(of: PluginMetrics): string[] {
  return of.families().flatMap(({ name, samples }) =>
    samples.map(({ labels, value, metricName }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}=${text}`);
      return `${metricName ?? name}{${pairs.join()}} ${value}`;
    }),
  );
}

const DROPPED = "sluice_plugin_metric_records_dropped_total";

describe("a plugin's metric", () => {
  test("counts by the values of its labels, under the plugin's name", () => {
    const all = metrics();
    const hits = all.of("my-policy", definition({ labels: ["route", "kind"] }));
    hits.record(1, "a\0x\0");
    hits.record(2.5, "a\0x\0");
    hits.record(1, "b\0\0");
    assert.deepEqual(shown(all), [
      "sluice_plugin_my_policy_hits{route=a,kind=x} 3.5",
      "sluice_plugin_my_policy_hits{route=b,kind=} 1",
    ]);
  });

  test("is 0 from the start when it has no labels", () => {
    const all = metrics();
    all.of("p", definition({ labels: [] }));
    assert.deepEqual(shown(all), ["sluice_plugin_p_hits{} 0"]);
  });

  test("as a gauge is what was said last, negative or not", () => {
    const all = metrics();
    const level = all.of("p", definition({ kind: "gauge", name: "level" }));
    level.record(5, "a\0");
    level.record(-2, "a\0");
    assert.deepEqual(shown(all), ["sluice_plugin_p_level{route=a} -2"]);
  });

  test("as a histogram is cumulative, with the bounds in their bucket", () => {
    const all = metrics();
    const sizes = all.of(
      "p",
      definition({ kind: "histogram", name: "sizes", labels: [], buckets: [1, 10] }),
    );
    for (const value of [-5, 1, 1.5, 10, 11]) assert.equal(sizes.record(value, ""), true);
    assert.deepEqual(shown(all), [
      "sluice_plugin_p_sizes_bucket{le=1} 2",
      "sluice_plugin_p_sizes_bucket{le=10} 4",
      "sluice_plugin_p_sizes_bucket{le=+Inf} 5",
      "sluice_plugin_p_sizes_sum{} 18.5",
      "sluice_plugin_p_sizes_count{} 5",
    ]);
  });

  test("as a histogram without bounds has those of the gateway's latencies", () => {
    const all = metrics();
    all.of("p", definition({ kind: "histogram", labels: [] })).record(6001, "");
    assert.equal(shown(all).length, LATENCY_BUCKETS_MS.length + 3);
  });

  test("does not take what is no number of its kind, or other labels than it has", () => {
    const all = metrics();
    const hits = all.of("p", definition());
    for (const value of [-1, Number.NaN, Infinity]) assert.equal(hits.record(value, "a\0"), false);
    for (const labels of ["", "a", "a\0b\0", "a\0b"]) assert.equal(hits.record(1, labels), false);
    assert.deepEqual(shown(all), []);
  });

  test("O8 has at most 1000 series, and counts what comes beyond", () => {
    const all = metrics();
    const hits = all.of("p", definition());
    for (let n = 0; n < 1200; n++) assert.equal(hits.record(1, `${n}\0`), true);
    hits.record(1, "5\0");
    const samples = shown(all);
    assert.equal(samples.length, 1001);
    assert.ok(samples.includes("sluice_plugin_p_hits{route=5} 2"));
    assert.equal(samples.at(-1), `${DROPPED}{plugin=p,metric=hits} 200`);
  });

  test("cuts long values of labels, and counts those that become the same as one", () => {
    const all = metrics();
    const hits = all.of("p", definition());
    hits.record(1, `${"x".repeat(200)}\0`);
    hits.record(1, `${"x".repeat(300)}\0`);
    assert.deepEqual(shown(all), [`sluice_plugin_p_hits{route=${"x".repeat(128)}} 2`]);
  });
});

describe("a plugin that is swapped", () => {
  test("goes on counting where it was", () => {
    const all = metrics();
    all.of("p", definition()).record(2, "a\0");
    const later = all.of("p", definition({ help: "Other words" }));
    later.record(3, "a\0");
    assert.deepEqual(shown(all), ["sluice_plugin_p_hits{route=a} 5"]);
    assert.equal(all.families()[0]?.help, "Other words");
  });

  test("starts anew when the metric has become another one", () => {
    for (const other of [{ labels: ["kind"] }, { kind: "gauge" }] as const) {
      const all = metrics();
      all.of("p", definition()).record(2, "a\0");
      all.of("p", definition(other)).record(3, "a\0");
      assert.match(shown(all)[0] ?? "", / 3$/);
    }
  });
});

describe("names of plugins' metrics", () => {
  test("are not those of the gateway", () => {
    const all = metrics();
    all.of("calls", definition({ name: "total", labels: [] })).record(1, "");
    assert.deepEqual(shown(all), [`${DROPPED}{plugin=calls,metric=total} 1`]);
  });

  test("that come to the same belong to the first plugin", () => {
    const all = metrics();
    all.of("a-b", definition({ name: "c" })).record(1, "x\0");
    all.of("a", definition({ name: "b_c" })).record(1, "x\0");
    all.of("a-b", definition({ name: "c" })).record(1, "x\0");
    assert.deepEqual(shown(all), [
      "sluice_plugin_a_b_c{route=x} 2",
      `${DROPPED}{plugin=a,metric=b_c} 1`,
    ]);
  });

  test("include those of a histogram's parts", () => {
    const all = metrics();
    all.of("p", definition({ kind: "histogram", name: "x", labels: [] }));
    all.of("p", definition({ name: "x_count", labels: [] })).record(1, "");
    assert.ok(shown(all).includes(`${DROPPED}{plugin=p,metric=x_count} 1`));
  });
});

test("plugins' metrics are part of what a thread counts, in Prometheus' text", async () => {
  const all = new Metrics(() => 0);
  all.pluginMetrics.of("p", definition()).record(1, 'a"\n\0');
  const { text } = await exposition(all.collect());
  assert.match(text, /^# HELP sluice_plugin_p_hits Hits$/m);
  assert.match(text, /^# TYPE sluice_plugin_p_hits counter$/m);
  assert.match(text, /^sluice_plugin_p_hits\{route="a\\"\\n"\} 1$/m);
});
