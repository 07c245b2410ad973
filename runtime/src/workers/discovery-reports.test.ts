import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DiscoveryReport } from "../discovery/report.ts";
import { mergeDiscovery } from "./discovery-reports.ts";

const REPORT: DiscoveryReport = {
  type: "consul",
  state: "watching",
  sinceMs: 1,
  ageMs: 10,
  targets: 2,
  updates: 1,
  errors: 0,
  error: undefined,
  isRequired: true,
};

describe("what several workers have discovered", () => {
  test("is as the one sees it that fares worst, with the counts of all", () => {
    const failing: DiscoveryReport = {
      ...REPORT,
      state: "failing",
      error: "x",
      errors: 3,
      ageMs: 99,
    };
    const merged = mergeDiscovery([
      { registry: REPORT, names: [] },
      { registry: failing, names: [] },
    ]);
    assert.deepEqual(merged?.registry, { ...failing, updates: 2 });
  });

  test("is unknown as long as it is to one of them: the gateway is not ready", () => {
    const waiting: DiscoveryReport = { ...REPORT, state: "waiting", ageMs: undefined };
    const merged = mergeDiscovery([
      { registry: REPORT, names: [] },
      { registry: waiting, names: [] },
    ]);
    assert.deepEqual([merged?.registry?.state, merged?.registry?.ageMs], ["waiting", undefined]);
  });

  test("is nothing where there is nothing to discover", () => {
    assert.equal(mergeDiscovery([]), undefined);
    assert.equal(mergeDiscovery([{ registry: undefined, names: [] }])?.registry, undefined);
  });
});
