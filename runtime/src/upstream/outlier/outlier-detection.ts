// Outlier detection by Envoy's rules and names: a target whose requests fail again and again, or more often than those of
// the others, is ejected for a while, each time for longer.
import type { OutlierDetectionConfig, OutlierDetector } from "../../config/upstream-model.ts";
import type { Random } from "../balancer.ts";
import type { Clock } from "../clock.ts";
import type { Observation } from "../health/target-health.ts";
import type { Target } from "../target.ts";
import { rateOutliers } from "./rate-outliers.ts";
import type { Ejection, TargetOutlier } from "./target-outlier.ts";

export interface OutlierDetectionParts {
  readonly config: OutlierDetectionConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** Those that the upstream has now, and that have a weight. */
  targets(): readonly Target[];
  onEjected(target: Target, ejection: Ejection): void;
  onReturned(target: Target, reason: string): void;
  /** An outlier stays, for too many are out already. Once in an interval. */
  onSpared(target: Target, reason: string): void;
}

export class OutlierDetection {
  readonly #parts: OutlierDetectionParts;
  #cancelTimer: () => void = () => undefined;
  #hasToldOfSpared = false;

  constructor(parts: OutlierDetectionParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, config } = this.#parts;
    this.#cancelTimer = clock.after(config.intervalMs, () => {
      this.#sweep();
      this.start();
    });
  }

  stop(): void {
    this.#cancelTimer();
  }

  /** The head of a response is here. */
  answered(target: Target, status: number): void {
    const outlier = target.state?.outlier;
    if (outlier === undefined) return;
    if (this.#parts.config.splitExternalLocalOriginErrors) {
      outlier.localOrigin.calls++;
      outlier.localOrigin.successes++;
      outlier.consecutive.localOriginFailures = 0;
    }
    this.#count(target, outlier, status, `status ${status}`);
  }

  /** There is none: a failure that the target is to blame for. */
  failed(target: Target, what: Observation, reason: string): void {
    const outlier = target.state?.outlier;
    if (outlier === undefined) return;
    const { config } = this.#parts;
    if (!config.splitExternalLocalOriginErrors) {
      // As Envoy: what has no status counts as the status that the client gets.
      return this.#count(target, outlier, what === "timeout" ? 504 : 503, reason);
    }
    outlier.localOrigin.calls++;
    const count = ++outlier.consecutive.localOriginFailures;
    if (count < config.consecutiveLocalOriginFailure) return;
    outlier.consecutive.localOriginFailures = 0;
    this.#eject(target, "consecutive_local_origin_failure", `${count} in a row: ${reason}`);
  }

  /** An active check has found it well. */
  probedWell(target: Target): void {
    if (target.state?.outlier.ejection === undefined) return;
    if (!this.#parts.config.successfulActiveHealthCheckUnejectHost) return;
    this.bringBack(target, "an active check found it well");
  }

  bringBack(target: Target, reason: string): void {
    const outlier = target.state?.outlier;
    if (outlier?.ejection === undefined) return;
    outlier.ejection = undefined;
    outlier.forgetCounts();
    this.#parts.onReturned(target, reason);
  }

  #count(target: Target, outlier: TargetOutlier, status: number, reason: string): void {
    const { config } = this.#parts;
    const { consecutive, external } = outlier;
    external.calls++;
    if (status < 500) {
      external.successes++;
      consecutive.all5xx = consecutive.gatewayFailures = 0;
      return;
    }
    const isGatewayFailure = status >= 502 && status <= 504;
    const gatewayFailures = isGatewayFailure ? ++consecutive.gatewayFailures : 0;
    consecutive.gatewayFailures = gatewayFailures;
    if (gatewayFailures >= config.consecutiveGatewayFailure) {
      consecutive.gatewayFailures = 0;
      this.#eject(target, "consecutive_gateway_failure", `${gatewayFailures} in a row: ${reason}`);
    }
    const all = ++consecutive.all5xx;
    if (all < config.consecutive5xx) return;
    consecutive.all5xx = 0;
    this.#eject(target, "consecutive_5xx", `${all} in a row: ${reason}`);
  }

  #sweep(): void {
    const targets = this.#parts.targets();
    this.#hasToldOfSpared = false;
    for (const target of targets) this.#age(target);
    this.#ejectRates(targets, "external");
    if (this.#parts.config.splitExternalLocalOriginErrors) this.#ejectRates(targets, "localOrigin");
    for (const { state } of targets) state?.outlier.forgetInterval();
  }

  #age(target: Target): void {
    const outlier = target.state?.outlier;
    if (outlier === undefined) return;
    if (outlier.ejection === undefined) outlier.multiplier = Math.max(0, outlier.multiplier - 1);
    else if (outlier.ejection.untilMs <= this.#parts.clock.nowMs()) {
      this.bringBack(target, "its ejection time is over");
    }
  }

  #ejectRates(targets: readonly Target[], origin: "external" | "localOrigin"): void {
    const judged = targets.flatMap((target) => {
      const outlier = target.state?.outlier;
      return outlier === undefined || outlier.ejection !== undefined ? [] : [{ target, outlier }];
    });
    const tallies = judged.map(({ outlier }) => outlier[origin]);
    for (const { at, by, reason } of rateOutliers(tallies, this.#parts.config)) {
      const found = judged[at];
      if (found !== undefined) this.#eject(found.target, detectorOf(by, origin), reason);
    }
  }

  #eject(target: Target, detector: OutlierDetector, why: string): void {
    const { config, clock, random } = this.#parts;
    const outlier = target.state?.outlier;
    if (outlier === undefined || outlier.ejection !== undefined) return;
    const chance = config.enforcing[detector];
    if (chance === 0 || (chance < 100 && random() * 100 >= chance)) return;
    const reason = `${detector}, ${why}`;
    if (!this.#mayEject()) return this.#spare(target, reason);
    const longestMs = Math.max(config.maxEjectionTimeMs, config.baseEjectionTimeMs);
    if (outlier.multiplier * config.baseEjectionTimeMs < longestMs) outlier.multiplier++;
    const lastsMs = Math.min(outlier.multiplier * config.baseEjectionTimeMs, longestMs);
    const sinceMs = clock.nowMs();
    const untilMs = sinceMs + lastsMs + random() * config.maxEjectionTimeJitterMs;
    outlier.ejection = { detector, reason, sinceMs, untilMs };
    outlier.ejections.set(detector, (outlier.ejections.get(detector) ?? 0) + 1);
    this.#parts.onEjected(target, outlier.ejection);
  }

  #mayEject(): boolean {
    const { config } = this.#parts;
    const targets = this.#parts.targets();
    const isEjected = ({ state }: Target): boolean => state?.outlier.ejection !== undefined;
    const ejected = targets.filter(isEjected).length;
    if (config.minHealthPercent > 0) {
      const well = targets.filter((each) => each.state?.health.isHealthy && !isEjected(each));
      if (((well.length - 1) / targets.length) * 100 < config.minHealthPercent) return false;
    }
    if (ejected === 0 && config.alwaysEjectOneHost) return true;
    return ((ejected + 1) / targets.length) * 100 <= config.maxEjectionPercent;
  }

  #spare(target: Target, reason: string): void {
    if (this.#hasToldOfSpared) return;
    this.#hasToldOfSpared = true;
    this.#parts.onSpared(target, reason);
  }
}

function detectorOf(
  by: "success_rate" | "failure_percentage",
  origin: "external" | "localOrigin",
): OutlierDetector {
  if (by === "success_rate") {
    return origin === "external" ? "success_rate" : "local_origin_success_rate";
  }
  return origin === "external" ? "failure_percentage" : "failure_percentage_local_origin";
}
