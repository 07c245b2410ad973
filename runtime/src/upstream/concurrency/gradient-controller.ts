// How many requests an upstream can take at once, found out by measuring: Envoy's gradient controller. From time to time only a
// few requests are let through, and their latency is the best that there is. Between these times the limit follows the
// proportion of that latency to the present one, with room for the square root of itself so that it can grow.
import type { GradientControllerConfig } from "../../config/bounds-model.ts";
import type { Random } from "../balancer.ts";
import type { Clock } from "../clock.ts";
import { LatencySamples } from "./latency-samples.ts";

export interface GradientControllerParts {
  readonly config: GradientControllerConfig;
  readonly clock: Clock;
  readonly random: Random;
  onLimit(limit: number): void;
}

/** A window changes the limit by these factors at most, before the room to grow. */
const LEAST_GRADIENT = 0.5;
const MOST_GRADIENT = 2;
/** So many windows at the least limit say that the best latency was measured wrongly. */
const WINDOWS_AT_MINIMUM = 5;

export class GradientController {
  readonly #parts: GradientControllerParts;
  readonly #samples = new LatencySamples();
  #limit: number;
  #minRttMs: number | undefined;
  /** While the best latency is measured: the limit before that. */
  #limitBefore: number | undefined;
  /** Requests that began before it say nothing of the best latency. */
  #measuringSinceMs = 0;
  #windowsAtMinimum = 0;
  #hasWindow = false;
  #cancelWindow: () => void = () => undefined;
  #cancelMeasuring: () => void = () => undefined;

  constructor(parts: GradientControllerParts) {
    this.#parts = parts;
    this.#limit = parts.config.minConcurrency;
    this.#minRttMs = parts.config.fixedMinRttMs;
    if (this.#minRttMs === undefined) this.#measure();
  }

  get limit(): number {
    return this.#limit;
  }

  /** Undefined as long as nothing was measured. */
  get minRttMs(): number | undefined {
    return this.#minRttMs;
  }

  /** A request was answered. */
  record(startedAtMs: number, latencyMs: number): void {
    const isMeasuring = this.#limitBefore !== undefined;
    if (isMeasuring && startedAtMs < this.#measuringSinceMs) return;
    this.#samples.add(latencyMs);
    if (!isMeasuring) this.#beginWindow();
    else if (this.#samples.count >= this.#parts.config.minRttRequestCount) this.#measured();
  }

  stop(): void {
    this.#cancelWindow();
    this.#cancelMeasuring();
  }

  // ---- the best latency

  #measure(): void {
    if (this.#limitBefore !== undefined) return;
    this.#cancelWindow();
    this.#hasWindow = false;
    this.#samples.clear();
    this.#limitBefore = this.#limit;
    this.#measuringSinceMs = this.#parts.clock.nowMs();
    this.#windowsAtMinimum = 0;
    this.#setLimit(this.#parts.config.minConcurrency);
  }

  #measured(): void {
    const { config, clock, random } = this.#parts;
    const before = this.#limitBefore ?? config.minConcurrency;
    this.#limitBefore = undefined;
    this.#minRttMs = this.#takeSample();
    this.#setLimit(before);
    // Gateways that were started together must not all measure at once.
    const jitterMs = config.minRttIntervalMs * (config.jitterPercent / 100) * random();
    this.#cancelMeasuring();
    this.#cancelMeasuring = clock.after(config.minRttIntervalMs + jitterMs, () => this.#measure());
  }

  // ---- the limit

  /** With the first request of a window, so that nothing is to be done where there are none. */
  #beginWindow(): void {
    if (this.#hasWindow) return;
    this.#hasWindow = true;
    const { clock, config } = this.#parts;
    this.#cancelWindow = clock.after(config.concurrencyUpdateIntervalMs, () => this.#endWindow());
  }

  #endWindow(): void {
    this.#hasWindow = false;
    const { config } = this.#parts;
    const sampleMs = this.#takeSample();
    const isAtMinimum = this.#limit === config.minConcurrency;
    this.#setLimit(this.#nextLimit(sampleMs));
    const staysThere = isAtMinimum && this.#limit === config.minConcurrency;
    this.#windowsAtMinimum = staysThere ? this.#windowsAtMinimum + 1 : 0;
    if (this.#windowsAtMinimum >= WINDOWS_AT_MINIMUM && config.fixedMinRttMs === undefined) {
      this.#measure();
    }
  }

  #nextLimit(sampleMs: number): number {
    const { config } = this.#parts;
    const bestMs = (this.#minRttMs ?? sampleMs) * (1 + config.bufferPercent / 100);
    const gradient = Math.max(LEAST_GRADIENT, Math.min(MOST_GRADIENT, bestMs / sampleMs));
    const limit = this.#limit * gradient;
    const withRoom = Math.floor(limit + Math.sqrt(limit));
    return Math.max(config.minConcurrency, Math.min(config.maxConcurrencyLimit, withRoom));
  }

  /** Nothing takes no time: what is too fast to be measured counts as a microsecond. */
  #takeSample(): number {
    const { sampleAggregatePercentile } = this.#parts.config;
    const sampleMs = Math.max(0.001, this.#samples.percentile(sampleAggregatePercentile));
    this.#samples.clear();
    return sampleMs;
  }

  #setLimit(limit: number): void {
    this.#limit = limit;
    this.#parts.onLimit(limit);
  }
}
