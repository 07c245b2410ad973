import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { outlierConfig } from "../upstreams.testing.ts";
import { rateOutliers } from "./rate-outliers.ts";

/** Of 100 calls each, so many went well. */
function outliers(
  successes: readonly number[],
  parts: Parameters<typeof outlierConfig>[0] = {},
  calls = 100,
): string {
  const tallies = successes.map((each) => ({ calls, successes: each }));
  return rateOutliers(tallies, outlierConfig(parts))
    .map(({ at, by, reason }) => `${at} ${by}: ${reason}`)
    .join("; ");
}

describe("the success rate", () => {
  test("marks a target that is more than 1.9 standard deviations below the mean", () => {
    assert.equal(
      outliers([100, 100, 100, 100, 50]),
      "4 success_rate: 50 % of 100 calls went well, expected 52 %",
    );
    assert.equal(outliers([100, 100, 100, 60, 50]), "");
  });

  test("marks nobody when all do equally badly", () => {
    assert.equal(outliers([50, 50, 50, 50, 50]), "");
  });

  test("follows the factor", () => {
    assert.notEqual(outliers([100, 100, 100, 60, 50], { successRateStdevFactor: 1000 }), "");
  });

  test("needs enough targets with enough calls", () => {
    assert.equal(outliers([100, 100, 100, 50]), "");
    assert.equal(outliers([99, 99, 99, 99, 50], {}, 99), "");
    assert.notEqual(outliers([99, 99, 99, 99, 50], { successRateRequestVolume: 99 }, 99), "");
    assert.notEqual(outliers([100, 100, 100, 100, 100, 10], { successRateMinimumHosts: 6 }), "");
  });
});

describe("the failure percentage", () => {
  test("marks each target that fails so often, whatever the others do", () => {
    assert.equal(
      outliers([15, 15, 15, 15, 16]),
      [0, 1, 2, 3].map((at) => `${at} failure_percentage: 85 % of 100 calls failed`).join("; "),
    );
  });

  test("needs enough targets with enough calls", () => {
    assert.equal(outliers([0, 0, 0, 0]), "");
    assert.equal(outliers([0, 0, 0, 0, 0], {}, 49), "");
    assert.notEqual(outliers([0, 0, 0], { failurePercentageMinimumHosts: 3 }), "");
  });
});
