// An upstream while the gateway runs: the state of its targets, which outlives each config, and all that changes it.
import { isDeepStrictEqual } from "node:util";
import type {
  OutlierDetectionConfig,
  TargetConfig,
  UpstreamConfig,
} from "../config/upstream-model.ts";
import type { GatewayError } from "../errors.ts";
import type { Try } from "../exchange.ts";
import type { Route } from "../snapshot.ts";
import type { BalancedTargets } from "./balanced-targets.ts";
import type { Random, TryObserver } from "./balancer.ts";
import { Bounds } from "./bounds/bounds.ts";
import { Breakers } from "./breaker/breakers.ts";
import { ChangeJournal } from "./change-journal.ts";
import type { Clock } from "./clock.ts";
import type { LevelChange, OutlierEvent, UpstreamEvents } from "./events.ts";
import { HealthChecks } from "./health/health-checks.ts";
import type { Probe } from "./health/probe.ts";
import { errorObservation } from "./health/observations.ts";
import { LevelChanges } from "./level-changes.ts";
import { OutlierDetection } from "./outlier/outlier-detection.ts";
import { reportOf } from "./report.ts";
import type { UpstreamReport } from "./report.ts";
import { TargetState } from "./target-state.ts";
import { targetAt } from "./target.ts";
import type { Target } from "./target.ts";

export interface UpstreamParts extends UpstreamEvents {
  readonly clock: Clock;
  readonly random: Random;
  /** That share what bounds an upstream. */
  readonly threads: number;
  /** How the config's targets are probed. */
  probe(config: UpstreamConfig): Probe;
}

/** What a try that failed counts at least, for balancing by latency: a target that refuses at once is not fast. */
const FAILED_LATENCY_MS = 1000;

export class Upstream implements TryObserver {
  readonly name: string;
  readonly clock: Clock;
  /** Targets that were taken out or came back, by health, ejection or circuit breaker. */
  readonly changes: ChangeJournal = new ChangeJournal();
  readonly breakers: Breakers;
  readonly bounds: Bounds;
  readonly #parts: UpstreamParts;
  readonly #health: HealthChecks;
  readonly #states = new Map<string, TargetState>();
  /** Instead of any config's. */
  #given: readonly TargetConfig[] | undefined;
  #targetsVersion = 0;
  #pool: BalancedTargets | undefined;
  readonly #levelChanges = new LevelChanges();
  #outliers: OutlierDetection | undefined;
  #outlierConfig: OutlierDetectionConfig | undefined;

  constructor(name: string, parts: UpstreamParts) {
    this.name = name;
    this.clock = parts.clock;
    this.#parts = parts;
    const { clock, onBreakerTransition: onTransition } = parts;
    const onTargetChange = (address: string): void => this.#changed(this.#states.get(address));
    this.breakers = new Breakers(
      { upstream: name, clock, onTargetChange, onTransition },
      this.#states,
    );
    this.bounds = new Bounds({
      upstream: name,
      clock,
      random: parts.random,
      threads: parts.threads,
    });
    this.#health = new HealthChecks({
      clock,
      probe: (config) => parts.probe(config),
      targets: () => this.#targets,
      onProbedWell: (target) => this.#outliers?.probedWell(target),
      onChanged: (target, state, reason) => {
        const { isHealthy } = state.health;
        parts.onTransition({ upstream: name, target, isHealthy, reason });
        this.#changed(state);
      },
    });
  }

  // ---- which targets it has

  /** Grows when others are given. */
  get targetsVersion(): number {
    return this.#targetsVersion;
  }

  /** These from now on, in all configs; those of each config again without any. */
  setTargets(given: readonly TargetConfig[] | undefined): void {
    if (isDeepStrictEqual(given, this.#given)) return;
    this.#given = given;
    this.#targetsVersion++;
    this.#settle();
    for (const [address, state] of this.#states) {
      if (state.breaker === undefined) this.breakers.add(address, state);
    }
  }

  /** Those that a pool of the config chooses among: each address once, each with what is known of it. */
  targetsOf(config: UpstreamConfig): readonly Target[] {
    const all = (this.#given ?? config.targets).map((each) => targetAt(each));
    const byAddress = new Map<string, Target>();
    for (const target of all) {
      if (byAddress.has(target.address)) continue;
      byAddress.set(target.address, this.#stateOf(target.address).place(target));
    }
    return [...byAddress.values()];
  }

  get #targets(): readonly Target[] {
    return this.#pool?.targets ?? [];
  }

  /** New, or as it is. */
  #stateOf(address: string): TargetState {
    let state = this.#states.get(address);
    if (state === undefined) this.#states.set(address, (state = new TargetState()));
    return state;
  }

  /** Forgets targets that are gone, and lets those begin that have come. */
  #settle(): void {
    const targets = this.#targets;
    const addresses = new Set(targets.map(({ address }) => address));
    let hadOthers = false;
    for (const [address, state] of this.#states) {
      hadOthers ||= state.isServing;
      if (addresses.has(address)) continue;
      state.breaker?.stop();
      this.#states.delete(address);
    }
    const nowMs = this.clock.nowMs();
    for (const { state } of targets) {
      if (state === undefined || state.isServing) continue;
      state.isServing = true;
      if (!hadOthers) continue;
      state.backSinceMs = nowMs;
      this.#changed(state);
    }
  }

  // ---- what a config says

  /** This pool is what is served with; targets that were there before keep their state. `routes` lead here. */
  activate(pool: BalancedTargets, routes: readonly Route[]): void {
    const { config } = pool;
    this.#pool = pool;
    this.#settle();
    this.breakers.renew(config.circuitBreaker, routes);
    this.bounds.renew(config);
    this.#health.activate(config, this.#states);
    this.#renewOutliers(config.outlierDetection);
  }

  /** With the same config counts and ejections stay as they are. */
  #renewOutliers(config: OutlierDetectionConfig | undefined): void {
    if (isDeepStrictEqual(config, this.#outlierConfig)) return;
    if (config === undefined) {
      for (const target of this.#targets) {
        this.#outliers?.bringBack(target, "outlier detection is off");
      }
    }
    this.#outliers?.stop();
    this.#outlierConfig = config;
    this.#outliers = config && this.#outlierDetection(config);
    this.#outliers?.start();
  }

  #outlierDetection(config: OutlierDetectionConfig): OutlierDetection {
    const { clock, random } = this.#parts;
    return new OutlierDetection({
      config,
      clock,
      random,
      targets: () => this.#targets.filter(({ weight }) => weight > 0),
      onEjected: (target, { reason, sinceMs, untilMs }) =>
        this.#onOutlier("ejected", target, { reason, lastsMs: untilMs - sinceMs }),
      onReturned: (target, reason) => this.#onOutlier("returned", target, { reason }),
      onSpared: (target, reason) => this.#onOutlier("spared", target, { reason }),
    });
  }

  #onOutlier(
    kind: OutlierEvent["kind"],
    { address, state }: Target,
    what: Pick<OutlierEvent, "reason" | "lastsMs">,
  ): void {
    if (kind === "returned" && state !== undefined) state.backSinceMs = this.clock.nowMs();
    this.#parts.onOutlier({ kind, upstream: this.name, target: address, ...what });
    if (kind !== "spared") this.#changed(state);
  }

  stop(): void {
    this.#health.stop();
    this.breakers.stop();
    this.bounds.stop();
    this.#outliers?.stop();
  }

  // ---- what requests see of a target

  begin(attempt: Try): void {
    const { state } = attempt.target;
    if (state === undefined) return;
    state.activeTries++;
    this.breakers.begin(attempt);
  }

  answered(attempt: Try, status: number, latencyMs: number): void {
    attempt.headAfterMs = latencyMs;
    this.bounds.answered(attempt, latencyMs);
    attempt.target.state?.latency.observe(latencyMs, this.clock.nowMs());
    if (isJudgedByHead(status)) this.#judge(attempt, status, latencyMs);
  }

  #judge(attempt: Try, status: number, latencyMs: number): void {
    this.breakers.answered(attempt, status, latencyMs);
    this.#health.answered(attempt.target, status);
    this.#outliers?.answered(attempt.target, status);
  }

  failed(attempt: Try, error: GatewayError, latencyMs: number): void {
    const { target } = attempt;
    this.breakers.failed(attempt, error, latencyMs);
    const what = errorObservation(error);
    if (what === undefined) return;
    const atLeastMs = Math.max(latencyMs, FAILED_LATENCY_MS);
    target.state?.latency.observe(atLeastMs, this.clock.nowMs());
    this.#health.failed(target, what, error.message);
    this.#outliers?.failed(target, what, error.message);
  }

  end(attempt: Try): void {
    const { target, status = 0, headAfterMs = 0, error } = attempt;
    const { state } = target;
    if (state === undefined) return;
    state.activeTries--;
    const isGood = status > 0 && error === undefined && !isJudgedByHead(status);
    if (isGood) this.#judge(attempt, status, headAfterMs);
    this.breakers.end(attempt);
  }

  // ---- what operators say and see

  /** False when there is no such target. */
  setHealth(address: string, isHealthy: boolean): boolean {
    const state = this.#states.get(address);
    if (state === undefined) return false;
    this.#health.set(address, state, isHealthy);
    if (!isHealthy || state.outlier.ejection === undefined) return true;
    const target = this.#targets.find((each) => each.address === address);
    if (target) this.#outliers?.bringBack(target, "set healthy by an operator");
    return true;
  }

  report(): UpstreamReport | undefined {
    return (
      this.#pool && {
        ...reportOf(this.#pool, this.#levelChanges, this.clock.nowMs()),
        ...this.breakers.report(),
        bounds: this.bounds.report(),
      }
    );
  }

  /** Said by each pool; only the one that is served with has something to tell. */
  onLevelChange(pool: BalancedTargets, change: Omit<LevelChange, "upstream">): void {
    if (pool !== this.#pool) return;
    this.#levelChanges.count(change);
    this.#parts.onLevelChange({ upstream: this.name, ...change });
  }

  /** The pool takes it up at once, so that what changes for whole levels is told when it does. */
  #changed(state: TargetState | undefined): void {
    if (state === undefined) return;
    this.changes.record(state);
    this.#pool?.catchUp();
  }
}

/** A good head says little: the target may break off in the body. A bad one is enough, and a tunnel has no end to wait for. */
function isJudgedByHead(status: number): boolean {
  return status >= 400 || status === 101;
}
