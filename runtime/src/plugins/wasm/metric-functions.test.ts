import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "@sluice/plugin-sdk/abi";
import type { MetricDefinition } from "@sluice/plugin-sdk/abi";
import { PluginMetrics } from "../../status/plugin-metrics.ts";
import { TestGuest } from "./host-functions.testing.ts";
import { readManifest } from "./manifest.ts";
import { metricFunctions } from "./metric-functions.ts";

const HITS: MetricDefinition = { kind: "counter", name: "hits", help: "", labels: ["route"] };

describe("metric_record", () => {
  test("records what the manifest has at that index, and goes on in the next instance", () => {
    const metrics = new PluginMetrics(() => []);
    for (let instance = 0; instance < 2; instance++) {
      const guest = new TestGuest({ plugin: "p", metrics: [HITS], services: { metrics } });
      const { metric_record: record } = metricFunctions(guest.options);
      assert.equal(record(0, 0, 1.5, ...guest.text("ü\0")), 0);
    }
    assert.deepEqual(metrics.families()[0]?.samples, [{ labels: { route: "ü" }, value: 3 }]);
  });

  test("refuses other metrics, values and labels", () => {
    const guest = new TestGuest({ metrics: [HITS] });
    const { metric_record: record } = metricFunctions(guest.options);
    for (const metric of [1, -1]) {
      assert.equal(record(0, metric, 1, ...guest.text("a\0")), Fault.absent);
    }
    assert.equal(record(0, 0, -1, ...guest.text("a\0")), Fault.badValue);
    assert.equal(record(0, 0, 1, ...guest.text("a\0b\0")), Fault.badValue);
    assert.equal(record(0, 0, 1, 64, 4097), Fault.limit);
  });
});

describe("metrics in a manifest", () => {
  const manifest = (metrics: unknown): string =>
    JSON.stringify({
      abi: 1,
      name: "p",
      version: "1.0.0",
      priority: 1,
      phases: [],
      config: {},
      metrics,
    });

  test("are taken when they are well-formed, and none when they are missing", () => {
    const sizes = { kind: "histogram", name: "sizes", help: "", labels: [], buckets: [1, 2.5] };
    assert.deepEqual(readManifest(manifest([HITS, sizes])).metrics, [HITS, sizes]);
    assert.deepEqual(readManifest(manifest(undefined)).metrics, []);
  });

  const refused: readonly (readonly [what: string, change: object])[] = [
    ["of another kind", { kind: "summary" }],
    ["with a name of its own syntax", { name: 'a"} 1\n' }],
    ["with a label that is none", { labels: ["a b"] }],
    ["with a label twice", { labels: ["a", "a"] }],
    ["with too many labels", { labels: "abcdefghi".split("") }],
    ["with the label le in a histogram", { kind: "histogram", labels: ["le"] }],
    ["with buckets that do not ascend", { buckets: [2, 1] }],
    ["without buckets", { buckets: [] }],
    ["without labels", { labels: undefined }],
  ];
  for (const [what, change] of refused) {
    test(`are refused ${what}`, () => {
      assert.throws(() => readManifest(manifest([{ ...HITS, ...change }])), /metrics/);
    });
  }

  test("are refused when two have one name, or there are more than 100", () => {
    assert.throws(() => readManifest(manifest([HITS, HITS])), /a name occurs twice/);
    const many = Array.from({ length: 101 }, (_, n) => ({ ...HITS, name: `hits_${n}` }));
    assert.throws(() => readManifest(manifest(many)), /metrics/);
  });
});
