import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exchangeOf } from "../exchange.testing.ts";
import { sumFamilies, totalOf, withoutGauges } from "./families.ts";
import type { Family } from "./families.ts";
import { Metrics } from "./metrics.ts";
import { countRequest } from "./route-stats.ts";

function counter(name: string, ...values: readonly [string, number][]): Family {
  const samples = values.map(([route, value]) => ({ labels: { route }, value }));
  return { name, type: "counter", help: name, samples };
}

describe("sumFamilies", () => {
  test("adds up what has the same labels and keeps what only one has", () => {
    const sum = sumFamilies([
      [counter("a", ["x", 1], ["y", 2])],
      [counter("a", ["y", 40]), counter("b", ["x", 7])],
    ]);
    assert.deepEqual(sum, [counter("a", ["x", 1], ["y", 42]), counter("b", ["x", 7])]);
    assert.equal(totalOf(sum, "a"), 43);
  });

  test("adds up histograms part by part", () => {
    const reports = [1, 2].map((threads) => {
      const metrics = new Metrics(() => threads);
      const stats = metrics.route("s", "r");
      const exchange = exchangeOf({ startedAtMs: 10 });
      exchange.endedAtMs = 10 + threads;
      countRequest({ stats, ...stats.row }, exchange);
      return metrics.collect();
    });
    const histogram = sumFamilies(reports).find(({ type }) => type === "histogram");
    const values = (suffix: string): number[] =>
      (histogram?.samples ?? [])
        .filter(({ metricName }) => metricName === `sluice_request_latency_ms_${suffix}`)
        .map(({ value }) => value);
    assert.deepEqual([values("sum"), values("count")], [[3], [2]]);
    assert.deepEqual(values("bucket").slice(0, 2), [1, 2]);
    assert.equal(totalOf(sumFamilies(reports), "sluice_connections"), 3);
  });
});

test("a thread that has ended leaves its counters and no gauges", () => {
  const left = withoutGauges(new Metrics(() => 5).collect());
  assert.ok(left.some(({ name }) => name === "sluice_http_requests_total"));
  assert.ok(!left.some(({ name }) => name === "sluice_connections"));
});
