// Which targets of a group do worse than the rest, by what became of an interval's calls: Envoy's success rate and failure
// percentage, as functions of the counts.
import type { OutlierDetectionConfig } from "../../config/upstream-model.ts";
import type { Tally } from "./target-outlier.ts";

export interface RateOutlier {
  /** Of the tally. */
  readonly at: number;
  readonly by: "success_rate" | "failure_percentage";
  readonly reason: string;
}

type RateRules = Pick<
  OutlierDetectionConfig,
  | "successRateMinimumHosts"
  | "successRateRequestVolume"
  | "successRateStdevFactor"
  | "failurePercentageThreshold"
  | "failurePercentageMinimumHosts"
  | "failurePercentageRequestVolume"
>;

/** A tally for each target that is not ejected. */
export function rateOutliers(tallies: readonly Tally[], rules: RateRules): RateOutlier[] {
  return [...bySuccessRate(tallies, rules), ...byFailurePercentage(tallies, rules)];
}

interface Rated {
  readonly at: number;
  readonly calls: number;
  /** Percent. */
  readonly successRate: number;
}

function bySuccessRate(tallies: readonly Tally[], rules: RateRules): RateOutlier[] {
  const rated = ratesOf(tallies, rules.successRateRequestVolume);
  if (rated.length === 0 || rated.length < rules.successRateMinimumHosts) return [];
  const mean = average(rated.map(({ successRate }) => successRate));
  const deviation = Math.sqrt(average(rated.map(({ successRate }) => (successRate - mean) ** 2)));
  const limit = mean - (deviation * rules.successRateStdevFactor) / 1000;
  return rated
    .filter(({ successRate }) => successRate < limit)
    .map(({ at, calls, successRate }) => ({
      at,
      by: "success_rate",
      reason: `${percent(successRate)} of ${calls} calls went well, expected ${percent(limit)}`,
    }));
}

function byFailurePercentage(tallies: readonly Tally[], rules: RateRules): RateOutlier[] {
  const rated = ratesOf(tallies, rules.failurePercentageRequestVolume);
  if (rated.length === 0 || rated.length < rules.failurePercentageMinimumHosts) return [];
  return rated
    .filter(({ successRate }) => 100 - successRate >= rules.failurePercentageThreshold)
    .map(({ at, calls, successRate }) => ({
      at,
      by: "failure_percentage",
      reason: `${percent(100 - successRate)} of ${calls} calls failed`,
    }));
}

function ratesOf(tallies: readonly Tally[], volume: number): Rated[] {
  return tallies.flatMap(({ calls, successes }, at) =>
    calls === 0 || calls < volume ? [] : [{ at, calls, successRate: (successes / calls) * 100 }],
  );
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}

function percent(value: number): string {
  return `${Math.round(value * 10) / 10} %`;
}
