// Which targets of a fixed list may be used, and how much each counts: by health, ejections and circuit breakers, by the
// priorities and panic of their levels, and by slow start.
import type { UpstreamConfig } from "../config/upstream-model.ts";
import type { Exchange } from "../exchange.ts";
import type { Balancer } from "./balancer.ts";
import { createBalancer } from "./balancers/create-balancer.ts";
import type { BalancerParts } from "./balancers/create-balancer.ts";
import { PriorityLevels, prioritiesOf } from "./balancers/priority-levels.ts";
import { StickySessions } from "./balancers/sticky-sessions.ts";
import type { Clock } from "./clock.ts";
import type { LevelChange } from "./events.ts";
import { levelLoads } from "./level-loads.ts";
import { LevelWeights } from "./level-weights.ts";
import { isHealthy, permits } from "./report.ts";
import { slowStartShare } from "./slow-start.ts";
import type { TargetState } from "./target-state.ts";
import type { Target } from "./target.ts";

export interface UsableTargetsParts extends BalancerParts {
  readonly config: UpstreamConfig;
  /** Those with a weight. */
  readonly targets: readonly Target[];
  readonly clock: Clock;
  /** Of the list before this one; what is as it was there is not told. */
  readonly before: readonly LevelWeights[];
  onLevelChange(change: Omit<LevelChange, "upstream">): void;
}

/** What was taken up of a target. */
const HEALTHY = 1;
const USABLE = 2;

export class UsableTargets {
  readonly levels: readonly LevelWeights[];
  readonly #parts: UsableTargetsParts;
  readonly #placeOf: ReadonlyMap<TargetState, number>;
  readonly #flags: Uint8Array;
  readonly #priorities: PriorityLevels;
  readonly #balancer: Balancer;
  readonly #weight: number;
  /** Of those that count less than their weight for now. */
  readonly #warming = new Set<number>();
  #warmedAtMs = 0;
  /** Enough of the weight is healthy. */
  #isOpen = true;

  constructor(parts: UsableTargetsParts) {
    const { config, targets, random } = parts;
    this.#parts = parts;
    this.#placeOf = new Map(
      targets.flatMap(({ state }, place) => (state === undefined ? [] : [[state, place]])),
    );
    this.#flags = new Uint8Array(targets.length);
    const make = (those: readonly Target[]): Balancer => createBalancer(config, those, parts);
    this.#priorities = new PriorityLevels(targets, { make, random });
    this.levels = this.#makeLevels();
    this.#weight = this.levels.reduce((sum, { total }) => sum + total, 0);
    this.#balancer =
      config.stickyCookie === undefined
        ? this.#priorities
        : new StickySessions(config.stickyCookie, targets, this.#priorities);
    this.updateAll();
  }

  #makeLevels(): LevelWeights[] {
    const { targets, before } = this.#parts;
    const levels = prioritiesOf(targets).map((priority, at) => {
      const last = before.find((each) => each.priority === priority);
      return new LevelWeights(priority, last ?? { load: Number(at === 0), isPanic: false });
    });
    for (const [place, { weight }] of targets.entries()) {
      const level = levels[this.#priorities.levelOf(place)];
      if (level === undefined) continue;
      level.places.push(place);
      level.total += weight;
    }
    return levels;
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    if (!this.#isOpen) return undefined;
    if (this.#warming.size > 0) this.#warm();
    return this.#balancer.pick(exchange, tried);
  }

  updateAll(): void {
    for (const place of this.#flags.keys()) this.#update(place);
    this.settle();
  }

  /** After some of them {@link settle} decides what that means for the levels. */
  update(state: TargetState): void {
    const place = this.#placeOf.get(state);
    if (place !== undefined) this.#update(place);
  }

  #update(place: number): void {
    const target = this.#parts.targets[place];
    const level = this.#level(place);
    if (target === undefined || level === undefined) return;
    const isWell = isHealthy(target);
    const flags = (isWell ? HEALTHY : 0) | (isWell && permits(target) ? USABLE : 0);
    const before = this.#flags[place] ?? 0;
    const grows = (flag: number): number => Math.sign((flags & flag) - (before & flag));
    level.healthy += grows(HEALTHY) * target.weight;
    level.usable += grows(USABLE) * target.weight;
    this.#flags[place] = flags;
    this.#weigh(place);
  }

  settle(): void {
    const { config, onLevelChange } = this.#parts;
    const healthy = this.levels.reduce((sum, level) => sum + level.healthy, 0);
    this.#isOpen =
      this.#weight > 0 && (healthy / this.#weight) * 100 >= config.healthchecks.threshold;
    const loads = levelLoads(this.levels, config);
    this.#priorities.setLoads(loads.map(({ load }) => load));
    for (const [at, { load, isPanic }] of loads.entries()) {
      const level = this.levels[at];
      if (level === undefined) continue;
      const { priority, load: loadBefore, isPanic: wasPanic } = level;
      level.load = load;
      level.isPanic = isPanic;
      const now = { priority, load: load * 100, healthy: (level.healthy / level.total) * 100 };
      if (isPanic !== wasPanic) {
        for (const place of level.places) this.#weigh(place);
        onLevelChange({ kind: isPanic ? "panic" : "panic_over", ...now });
      }
      if (load > 0 !== loadBefore > 0)
        onLevelChange({ kind: load > 0 ? "used" : "unused", ...now });
    }
  }

  #weigh(place: number): void {
    const target = this.#parts.targets[place];
    if (target === undefined) return;
    const share = this.#counts(target, place) ? this.#share(target) : 0;
    if (share > 0 && share < 1) this.#warming.add(place);
    else this.#warming.delete(place);
    this.#balancer.weigh(place, target.weight * share);
  }

  /** In panic all do but those that an operator has taken out, or whose circuit breakers let nothing through. */
  #counts(target: Target, place: number): boolean {
    if (((this.#flags[place] ?? 0) & USABLE) !== 0) return true;
    if (this.#level(place)?.isPanic !== true || target.state?.isOutByHand === true) return false;
    return permits(target);
  }

  #share({ state }: Target): number {
    const { config, clock } = this.#parts;
    if (config.slowStart === undefined || state === undefined) return 1;
    return slowStartShare(clock.nowMs() - state.backSinceMs, config.slowStart);
  }

  /** In steps of a hundredth of the window. */
  #warm(): void {
    const { config, clock } = this.#parts;
    const nowMs = clock.nowMs();
    if (nowMs - this.#warmedAtMs < (config.slowStart?.windowMs ?? 0) / 100) return;
    this.#warmedAtMs = nowMs;
    for (const place of this.#warming) this.#weigh(place);
  }

  #level(place: number): LevelWeights | undefined {
    return this.levels[this.#priorities.levelOf(place)];
  }
}
