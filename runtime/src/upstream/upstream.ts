// An upstream while the gateway runs: the state of its targets, which outlives each config, and all that changes it.
import { isDeepStrictEqual } from "node:util";
import type {
  CircuitBreakerConfig,
  HealthchecksConfig,
  UpstreamConfig,
} from "../config/upstream-model.ts";
import type { GatewayError } from "../errors.ts";
import { epochMs } from "../exchange.ts";
import type { Try } from "../exchange.ts";
import type { TryObserver } from "./balancer.ts";
import { CircuitBreaker } from "./breaker/circuit-breaker.ts";
import type { BreakerTransition } from "./breaker/circuit-breaker.ts";
import type { Clock } from "./clock.ts";
import { HealthChecker } from "./health/health-checker.ts";
import type { Probe, ProbeResult } from "./health/probe.ts";
import { errorObservation, probeDetail, probeObservation } from "./health/observations.ts";
import { statusObservation } from "./health/target-health.ts";
import type { HealthSource, Observation } from "./health/target-health.ts";
import { reportOf } from "./report.ts";
import type { UpstreamReport } from "./report.ts";
import { TargetState } from "./target-state.ts";
import type { Target } from "./target.ts";

export interface UpstreamParts {
  readonly clock: Clock;
  /** How the config's targets are probed. */
  probe(config: UpstreamConfig): Probe;
  onTransition(transition: Transition): void;
  onBreakerTransition(transition: TargetBreakerTransition): void;
}

export interface TargetBreakerTransition extends BreakerTransition {
  readonly upstream: string;
  readonly target: string;
}

/** A target was taken out, or is back. */
export interface Transition {
  readonly upstream: string;
  readonly target: string;
  readonly isHealthy: boolean;
  readonly reason: string;
}

/** What a try that failed counts at least, for balancing by latency: a target that refuses at once is not fast. */
const FAILED_LATENCY_MS = 1000;

export class Upstream implements TryObserver {
  readonly name: string;
  /** Grows whenever a target is taken out or comes back, by health or by its circuit breaker. */
  version = 0;
  readonly #parts: UpstreamParts;
  readonly #states = new Map<string, TargetState>();
  #config: UpstreamConfig | undefined;
  #targets: readonly Target[] = [];
  #checker: HealthChecker | undefined;
  #breakerConfig: CircuitBreakerConfig | undefined;
  /** What the checker was made from. */
  #checked: unknown;

  constructor(name: string, parts: UpstreamParts) {
    this.name = name;
    this.#parts = parts;
  }

  /** The state of a target, new or as it is. */
  state(address: string): TargetState {
    let state = this.#states.get(address);
    if (state === undefined) this.#states.set(address, (state = new TargetState()));
    return state;
  }

  /** From now on it is checked as the config says. Targets that it had before keep their health. */
  activate(config: UpstreamConfig, targets: readonly Target[]): void {
    const isCheckedAsBefore = isDeepStrictEqual(this.#checked, checkedBy(config));
    this.#config = config;
    this.#targets = targets;
    const addresses = new Set(targets.map(({ address }) => address));
    for (const [address, state] of this.#states) {
      if (addresses.has(address)) continue;
      state.breaker?.stop();
      this.#states.delete(address);
    }
    this.#renewBreakers(config.circuitBreaker);
    this.#forgiveUnchecked(config.healthchecks);
    // Its rounds go on: with many reloads there would be nothing but beginnings.
    if (isCheckedAsBefore) return;
    this.#stopChecks();
    const { active } = config.healthchecks;
    if (active === undefined) return;
    this.#checked = checkedBy(config);
    this.#checker = new HealthChecker({
      config: active,
      targets: targets.filter(({ weight }) => weight > 0),
      clock: this.#parts.clock,
      probe: this.#parts.probe(config),
      onResult: (target, result) => this.#onProbed(target, result),
    });
    this.#checker.start();
  }

  /** Those of the same config stay as they are. */
  #renewBreakers(config: CircuitBreakerConfig | undefined): void {
    const isSame = isDeepStrictEqual(config, this.#breakerConfig);
    this.#breakerConfig = config;
    for (const [address, state] of this.#states) {
      if (isSame && state.breaker !== undefined) continue;
      const hadOne = state.breaker !== undefined;
      state.breaker?.stop();
      state.breaker = config && this.#breaker(address, state, config);
      if (hadOne) this.version++;
    }
  }

  #breaker(address: string, state: TargetState, config: CircuitBreakerConfig): CircuitBreaker {
    const { clock, onBreakerTransition } = this.#parts;
    return new CircuitBreaker({
      config,
      clock,
      onChange: (transition) => {
        this.version++;
        if (transition === undefined) return;
        state.breakerTransitions[transition.to]++;
        onBreakerTransition({ upstream: this.name, target: address, ...transition });
      },
    });
  }

  stop(): void {
    this.#stopChecks();
    for (const { breaker } of this.#states.values()) breaker?.stop();
  }

  #stopChecks(): void {
    this.#checker?.stop();
    this.#checker = undefined;
    this.#checked = undefined;
  }

  // ---- what requests see of a target

  begin(attempt: Try): void {
    const { state } = attempt.target;
    if (state === undefined) return;
    state.activeTries++;
    attempt.permit = state.breaker?.begin();
  }

  answered(attempt: Try, status: number, latencyMs: number): void {
    const { target } = attempt;
    this.#tellBreaker(
      attempt,
      this.#breakerConfig?.failureStatuses.has(status) ?? false,
      latencyMs,
    );
    target.state?.latency.observe(latencyMs, this.#parts.clock.nowMs());
    const rules = this.#config?.healthchecks.passive;
    if (rules === undefined) return;
    const what = statusObservation(status, rules);
    if (what !== undefined) this.#observe(target, what, `status ${status}`, "passive");
  }

  failed(attempt: Try, error: GatewayError, latencyMs: number): void {
    const { target } = attempt;
    const what = errorObservation(error);
    if (what === undefined) return;
    this.#tellBreaker(attempt, true, latencyMs);
    const atLeastMs = Math.max(latencyMs, FAILED_LATENCY_MS);
    target.state?.latency.observe(atLeastMs, this.#parts.clock.nowMs());
    this.#observe(target, what, error.message, "passive");
  }

  end({ target: { state }, permit }: Try): void {
    if (state === undefined) return;
    state.activeTries--;
    if (permit !== undefined) state.breaker?.release(permit);
  }

  /** Once for each try: what the response's head says, or the failure before it. */
  #tellBreaker(attempt: Try, isFailure: boolean, latencyMs: number): void {
    const { permit, target } = attempt;
    if (permit === undefined) return;
    attempt.permit = undefined;
    target.state?.breaker?.record(permit, isFailure, latencyMs);
  }

  // ---- health

  /** False when there is no such target. */
  setHealth(address: string, isHealthy: boolean): boolean {
    const state = this.#states.get(address);
    if (state === undefined) return false;
    const hasChanged = state.health.isHealthy !== isHealthy;
    state.health.set(isHealthy);
    if (hasChanged) this.#changed(address, state, "manual", "set by an operator");
    return true;
  }

  report(): UpstreamReport | undefined {
    return this.#config && reportOf(this.#config, this.#targets, this.#parts.clock.nowMs());
  }

  #onProbed(target: Target, result: ProbeResult): void {
    const rules = this.#config?.healthchecks.active?.rules;
    const what = rules && probeObservation(result, rules);
    if (what !== undefined) this.#observe(target, what, probeDetail(result), "active");
  }

  #observe(target: Target, what: Observation, detail: string, source: "active" | "passive"): void {
    const checks = this.#config?.healthchecks;
    const rules = source === "active" ? checks?.active?.rules : checks?.passive;
    const { state, address } = target;
    if (state === undefined || rules === undefined) return;
    const count = state.health.observe(what, rules);
    if (count > 0) this.#changed(address, state, source, `${NAMES[what]} ${count}: ${detail}`);
  }

  #changed(address: string, state: TargetState, source: HealthSource, what: string): void {
    const { isHealthy } = state.health;
    const reason = source === "manual" ? what : `${source} check, ${what}`;
    state.transitions[isHealthy ? "healthy" : "unhealthy"]++;
    state.lastTransition = { source, reason, atMs: epochMs(this.#parts.clock.nowMs()) };
    this.version++;
    this.#parts.onTransition({ upstream: this.name, target: address, isHealthy, reason });
  }

  /** What no check takes back any more; what an operator said holds. */
  #forgiveUnchecked({ active, passive }: HealthchecksConfig): void {
    if (active !== undefined || passive !== undefined) return;
    for (const [address, state] of this.#states) {
      if (state.health.isHealthy || state.lastTransition?.source === "manual") continue;
      state.health.set(true);
      this.#changed(address, state, "manual", "health checks are off");
    }
  }
}

/** All that makes a difference to what is probed. */
function checkedBy({ healthchecks, hostHeader, targets }: UpstreamConfig): unknown {
  const addresses = targets
    .filter(({ weight }) => weight > 0)
    .map(({ host, port }) => [host, port]);
  return { active: healthchecks.active, hostHeader, addresses };
}

const NAMES: Readonly<Record<Observation, string>> = {
  success: "success",
  http_failure: "http failure",
  tcp_failure: "tcp failure",
  timeout: "timeout",
};
