// The health of an upstream's targets: what probes, requests and operators say of it, and who is told when it changes.
import { isDeepStrictEqual } from "node:util";
import type { HealthchecksConfig, UpstreamConfig } from "../../config/upstream-model.ts";
import { epochMs } from "../../exchange.ts";
import type { Clock } from "../clock.ts";
import type { TargetState } from "../target-state.ts";
import type { Target } from "../target.ts";
import { HealthChecker } from "./health-checker.ts";
import { probeDetail, probeObservation } from "./observations.ts";
import type { Probe, ProbeResult } from "./probe.ts";
import { statusObservation } from "./target-health.ts";
import type { HealthSource, Observation } from "./target-health.ts";

export interface HealthChecksParts {
  readonly clock: Clock;
  probe(config: UpstreamConfig): Probe;
  /** Those that the upstream has now. */
  targets(): readonly Target[];
  /** A target was taken out, or is back. */
  onChanged(address: string, state: TargetState, reason: string): void;
  /** An active check went well, whatever was known before. */
  onProbedWell(target: Target): void;
}

export class HealthChecks {
  readonly #parts: HealthChecksParts;
  #config: HealthchecksConfig | undefined;
  #checker: HealthChecker | undefined;
  /** What the checker was made from. */
  #checked: unknown;

  constructor(parts: HealthChecksParts) {
    this.#parts = parts;
  }

  /** From now on it is checked as the config says. `states`: of all targets, by address. */
  activate(config: UpstreamConfig, states: ReadonlyMap<string, TargetState>): void {
    const { healthchecks } = config;
    this.#config = healthchecks;
    this.#forgiveUnchecked(healthchecks, states);
    // Its rounds go on: with many reloads there would be nothing but beginnings.
    if (isDeepStrictEqual(this.#checked, checkedBy(config))) return;
    this.stop();
    const { active } = healthchecks;
    if (active === undefined) return;
    this.#checked = checkedBy(config);
    this.#checker = new HealthChecker({
      config: active,
      targets: () => this.#parts.targets().filter(({ weight }) => weight > 0),
      clock: this.#parts.clock,
      probe: this.#parts.probe(config),
      onResult: (target, result) => this.#onProbed(target, result),
    });
    this.#checker.start();
  }

  stop(): void {
    this.#checker?.stop();
    this.#checker = undefined;
    this.#checked = undefined;
  }

  // ---- who says what

  answered(target: Target, status: number): void {
    const rules = this.#config?.passive;
    if (rules === undefined) return;
    const what = statusObservation(status, rules);
    if (what !== undefined) this.#observe(target, what, `status ${status}`, "passive");
  }

  failed(target: Target, what: Observation, detail: string): void {
    this.#observe(target, what, detail, "passive");
  }

  /** An operator's word. */
  set(address: string, state: TargetState, isHealthy: boolean): void {
    const hasChanged = state.health.isHealthy !== isHealthy;
    state.health.set(isHealthy);
    if (hasChanged) this.#changed(address, state, "manual", "set by an operator");
  }

  #onProbed(target: Target, result: ProbeResult): void {
    const rules = this.#config?.active?.rules;
    const what = rules && probeObservation(result, rules);
    if (what === undefined) return;
    this.#observe(target, what, probeDetail(result), "active");
    if (what === "success") this.#parts.onProbedWell(target);
  }

  #observe(target: Target, what: Observation, detail: string, source: "active" | "passive"): void {
    const checks = this.#config;
    const rules = source === "active" ? checks?.active?.rules : checks?.passive;
    const { state, address } = target;
    if (state === undefined || rules === undefined) return;
    const count = state.health.observe(what, rules);
    if (count > 0) this.#changed(address, state, source, `${NAMES[what]} ${count}: ${detail}`);
  }

  #changed(address: string, state: TargetState, source: HealthSource, what: string): void {
    const { isHealthy } = state.health;
    const nowMs = this.#parts.clock.nowMs();
    const reason = source === "manual" ? what : `${source} check, ${what}`;
    state.transitions[isHealthy ? "healthy" : "unhealthy"]++;
    state.lastTransition = { source, reason, atMs: epochMs(nowMs) };
    if (isHealthy) state.backSinceMs = nowMs;
    this.#parts.onChanged(address, state, reason);
  }

  /** What no check takes back any more; what an operator said holds. */
  #forgiveUnchecked(
    { active, passive }: HealthchecksConfig,
    states: ReadonlyMap<string, TargetState>,
  ): void {
    if (active !== undefined || passive !== undefined) return;
    for (const [address, state] of states) {
      if (state.health.isHealthy || state.isOutByHand) continue;
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
