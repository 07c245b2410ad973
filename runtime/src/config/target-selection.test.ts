import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { outlierConfig } from "../upstream/upstreams.testing.ts";
import { upstreamFaults, upstreamOf } from "./config.testing.ts";

describe("outlier detection", () => {
  test("is none unless it is asked for, and then has Envoy's defaults, in ms", () => {
    assert.equal(upstreamOf("tags: []").outlierDetection, undefined);
    assert.deepEqual(
      upstreamOf("outlier_detection: {}").outlierDetection,
      outlierConfig({ alwaysEjectOneHost: false }),
    );
  });

  test("is read as written", () => {
    const config = upstreamOf(`outlier_detection: {interval: 0.2, base_ejection_time: 1,
      max_ejection_time: 7, max_ejection_time_jitter: 0.5, max_ejection_percent: 50,
      consecutive_5xx: 3, enforcing_consecutive_5xx: 90, split_external_local_origin_errors: true,
      min_health_percent: 30}`).outlierDetection;
    assert.deepEqual(
      [config?.intervalMs, config?.baseEjectionTimeMs, config?.maxEjectionTimeMs],
      [200, 1000, 7000],
    );
    assert.deepEqual(
      [config?.maxEjectionTimeJitterMs, config?.maxEjectionPercent, config?.consecutive5xx],
      [500, 50, 3],
    );
    assert.deepEqual([config?.enforcing.consecutive_5xx, config?.minHealthPercent], [90, 30]);
  });
});

describe("slow start and priorities", () => {
  test("have Envoy's defaults", () => {
    const upstream = upstreamOf("targets: [{target: a}], slow_start: {window: 1.5}");
    assert.deepEqual(upstream.slowStart, { windowMs: 1500, aggression: 1, minWeightPercent: 10 });
    assert.deepEqual([upstream.healthyPanicThreshold, upstream.overprovisioningFactor], [0, 140]);
    assert.equal(upstream.targets[0]?.priority, 0);
    assert.equal(upstreamOf("tags: []").slowStart, undefined);
  });

  test("are read as written", () => {
    const upstream = upstreamOf(`targets: [{target: a, priority: 3}], healthy_panic_threshold: 50,
      overprovisioning_factor: 200, slow_start: {window: 60, aggression: 2, min_weight_percent: 1}`);
    assert.deepEqual(upstream.slowStart, { windowMs: 60_000, aggression: 2, minWeightPercent: 1 });
    assert.deepEqual([upstream.healthyPanicThreshold, upstream.overprovisioningFactor], [50, 200]);
    assert.equal(upstream.targets[0]?.priority, 3);
  });
});

describe("what does not fit is refused with its place:", () => {
  const FAULTY: Readonly<Record<string, string>> = {
    "outlier_detection: {consecutive_5x: 1}":
      'outlier_detection.consecutive_5x: unknown key: did you mean "consecutive_5xx"?',
    "outlier_detection: {interval: 0}":
      "outlier_detection.interval: expected a number of seconds above 0, at most 65535, got 0",
    "outlier_detection: {max_ejection_percent: 101}":
      "outlier_detection.max_ejection_percent: expected an integer from 0 to 100, got 101",
    "outlier_detection: {consecutive_5xx: 0}":
      "outlier_detection.consecutive_5xx: expected an integer from 1 to 2147483647, got 0",
    "slow_start: {window: 0}":
      "slow_start.window: expected a number of seconds above 0, at most 65535, got 0",
    "slow_start: {window: 1, aggression: 0}":
      "slow_start.aggression: expected a number above 0, at most 100, got 0",
    "slow_start: {window: 1}, hash_on: ip":
      "slow_start: expected none with algorithm consistent-hashing: keys would move all the time",
    "healthy_panic_threshold: 101":
      "healthy_panic_threshold: expected an integer from 0 to 100, got 101",
    "healthy_panic_threshold: 20, healthchecks: {threshold: 10}":
      "healthy_panic_threshold: expected 0 with a healthchecks.threshold, got 20: below it requests get 503, in panic they do not",
    "overprovisioning_factor: 99":
      "overprovisioning_factor: expected an integer from 100 to 10000, got 99",
    "targets: [{target: a, priority: -1}]":
      "targets[0].priority: expected an integer from 0 to 127, got -1",
  };
  for (const [fields, expected] of Object.entries(FAULTY)) {
    test(fields, () => {
      const messages = upstreamFaults(fields).map((line) =>
        line.replace(/^2:\d+: upstreams\[0\]\./, ""),
      );
      assert.deepEqual(messages, [expected]);
    });
  }
});
