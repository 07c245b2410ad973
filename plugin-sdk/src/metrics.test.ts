import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { counter, gauge, histogram, metricDefinitions } from "./metrics.ts";
import { recordedMetrics, resetMetrics } from "./testing/index.ts";

beforeEach(resetMetrics);

function values(name: string): unknown[] {
  return recordedMetrics()
    .filter((metric) => metric.name === name)
    .map(({ labels, values: recorded }) => [labels, recorded]);
}

describe("a metric", () => {
  test("is defined with its kind, labels and buckets", () => {
    const before = metricDefinitions().length;
    counter("defined_hits", { help: "Hits", labels: ["a", "b"] });
    histogram("defined_sizes", { help: "Sizes", buckets: [1, 2] });
    assert.deepEqual(metricDefinitions().slice(before), [
      { kind: "counter", name: "defined_hits", help: "Hits", labels: ["a", "b"] },
      { kind: "histogram", name: "defined_sizes", help: "Sizes", labels: [], buckets: [1, 2] },
    ]);
  });

  test("as a counter adds up, by labels", () => {
    const hits = counter("hits", { help: "Hits", labels: ["route"] });
    hits.increment({ route: "a" });
    hits.add(2, { route: "a" });
    hits.increment({ route: "b" });
    assert.deepEqual(values("hits"), [
      [{ route: "a" }, [3]],
      [{ route: "b" }, [1]],
    ]);
    assert.throws(() => hits.add(-1, { route: "a" }), /does not take -1/);
    assert.throws(() => hits.add(Number.NaN, { route: "a" }), /does not take NaN/);
  });

  test("as a gauge holds the last value, as a histogram all", () => {
    const level = gauge("level", { help: "Level" });
    const sizes = histogram("sizes", { help: "Sizes" });
    for (const value of [3, -1]) {
      level.set(value);
      sizes.observe(value);
    }
    assert.deepEqual(values("level"), [[{}, [-1]]]);
    assert.deepEqual(values("sizes"), [[{}, [3, -1]]]);
  });

  test("takes no NUL for the end of a label", () => {
    const hits = counter("nul_hits", { help: "Hits", labels: ["a", "b"] });
    hits.increment({ a: "1\0x", b: "2" });
    assert.deepEqual(values("nul_hits"), [[{ a: "1x", b: "2" }, [1]]]);
  });

  const refused: readonly (readonly [what: string, make: () => unknown])[] = [
    ["a name with a dash", () => counter("my-hits", { help: "" })],
    ["an upper case name", () => counter("Hits", { help: "" })],
    ["a label twice", () => counter("a", { help: "", labels: ["x", "x"] })],
    ["a label that is no name", () => counter("a", { help: "", labels: ["a b"] })],
    ["nine labels", () => counter("a", { help: "", labels: "abcdefghi".split("") })],
    ["a histogram's own label", () => histogram("a", { help: "", labels: ["le"] })],
    ["no buckets at all", () => histogram("a", { help: "", buckets: [] })],
    ["buckets that do not ascend", () => histogram("a", { help: "", buckets: [1, 1] })],
    ["an infinite bucket", () => histogram("a", { help: "", buckets: [1, Infinity] })],
  ];
  for (const [what, make] of refused) {
    test(`with ${what} is refused when it is made`, () => {
      const before = metricDefinitions().length;
      assert.throws(make, TypeError);
      assert.equal(metricDefinitions().length, before);
    });
  }
});
