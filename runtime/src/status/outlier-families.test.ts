import assert from "node:assert/strict";
import { test } from "node:test";
import { Live, PASSIVE, configOf } from "../upstream/live-upstream.testing.ts";
import { outlierConfig } from "../upstream/upstreams.testing.ts";
import { sumFamilies } from "./families.ts";
import { outlierFamilies, priorityFamilies } from "./outlier-families.ts";

/** Samples that are not 0, as in an exposition. */
function lines(live: Live): string[] {
  const reports = live.upstreams.report();
  const families = [...outlierFamilies(reports), ...priorityFamilies(reports)];
  return sumFamilies([families]).flatMap(({ name, samples }) =>
    samples
      .filter(({ value }) => value !== 0)
      .map(({ labels, value }) => `${name} ${Object.values(labels).join(" ")} = ${value}`),
  );
}

test("ejections are counted by target and detector, and shown while they last", () => {
  const outlierDetection = outlierConfig({ consecutive5xx: 1 });
  const live = new Live({ ...configOf(PASSIVE, { a: 1, b: 1 }), outlierDetection });
  live.pool.observer?.answered(live.try("a"), 502, 1);
  assert.deepEqual(lines(live), [
    "sluice_target_ejected pool a:80 = 1",
    "sluice_target_ejections_total pool a:80 consecutive_5xx = 1",
    "sluice_upstream_priority_used pool 0 = 1",
  ]);
  live.upstreams.setHealth("pool", "a:80", true);
  assert.deepEqual(lines(live).slice(0, 1), [
    "sluice_target_ejections_total pool a:80 consecutive_5xx = 1",
  ]);
});

test("upstreams without outlier detection have no series for it", () => {
  const reports = new Live(configOf(PASSIVE, { a: 1 })).upstreams.report();
  assert.deepEqual(
    outlierFamilies(reports).flatMap(({ samples }) => samples),
    [],
  );
});

test("priorities and panic are shown, and their changes counted", () => {
  const config = configOf(PASSIVE, { a: 1, b: 1 });
  const [a, b] = config.targets;
  const targets = [
    { ...a!, priority: 0 },
    { ...b!, priority: 1 },
  ];
  const live = new Live({ ...config, targets, healthyPanicThreshold: 50 });
  live.fails("a", "upstream_reset");
  assert.deepEqual(lines(live), [
    "sluice_upstream_priority_used pool 1 = 1",
    "sluice_upstream_priority_transitions_total pool 0 unused = 1",
    "sluice_upstream_priority_transitions_total pool 1 used = 1",
  ]);
  live.fails("b", "upstream_reset");
  assert.ok(lines(live).includes("sluice_upstream_priority_panic pool 0 = 1"));
  assert.ok(lines(live).includes("sluice_upstream_priority_transitions_total pool 1 panic = 1"));
});
