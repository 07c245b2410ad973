// What outlier detection knows of one target.
import type { OutlierDetector } from "../../config/upstream-model.ts";

/** Taken out for a while. Times by the clock, ms. */
export interface Ejection {
  readonly detector: OutlierDetector;
  readonly reason: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export class TargetOutlier {
  /** Undefined while it is not ejected. */
  ejection: Ejection | undefined;
  /** How often, by what. */
  readonly ejections: Map<OutlierDetector, number> = new Map();
  /** Times the base ejection time: grows with each ejection, and falls with each interval without one. */
  multiplier = 0;
  readonly consecutive: Consecutive = { all5xx: 0, gatewayFailures: 0, localOriginFailures: 0 };
  /** Since the interval began: what came from the target, and what came of connecting and waiting. */
  readonly external: Tally = { calls: 0, successes: 0 };
  readonly localOrigin: Tally = { calls: 0, successes: 0 };

  forgetCounts(): void {
    this.consecutive.all5xx = 0;
    this.consecutive.gatewayFailures = 0;
    this.consecutive.localOriginFailures = 0;
    this.forgetInterval();
  }

  forgetInterval(): void {
    for (const tally of [this.external, this.localOrigin]) tally.calls = tally.successes = 0;
  }
}

interface Consecutive {
  all5xx: number;
  gatewayFailures: number;
  localOriginFailures: number;
}

export interface Tally {
  calls: number;
  successes: number;
}
