// Picks the target with the lowest score: of all when there are few; of two that are drawn by weight when there are many,
// which is nearly as good, and keeps many gateways from running to the same one (Mitzenmacher, "The power of two
// choices in randomized load balancing").
import type { Exchange } from "../../exchange.ts";
import type { Balancer, Random } from "../balancer.ts";
import type { Target } from "../target.ts";
import { WeightedDraw } from "./weighted-draw.ts";

export const TWO_CHOICES_FROM = 16;

/** What a target has to do for its weight: the less, the better. */
export type Score = (target: Target, nowMs: number) => number;

/** Tries under way for each unit of weight. */
export const connectionScore: Score = ({ state, weight }) => (state?.activeTries ?? 0) / weight;

/** How long a further try would take for each unit of weight; what is not known is found out with one try at a time. */
export const latencyScore: Score = ({ state, weight }, nowMs) => {
  if (state === undefined) return 0;
  const { activeTries, latency } = state;
  if (!latency.isKnown) return activeTries === 0 ? 0 : Infinity;
  return (latency.at(nowMs) * (activeTries + 1)) / weight;
};

export class LowestScore implements Balancer {
  readonly #score: Score;
  readonly #random: Random;
  #targets: readonly Target[] = [];
  #draw: WeightedDraw;
  /** What each target is owed when scores are equal; as in smooth weighted round robin. */
  #credits = new Float64Array();
  #scores = new Float64Array();

  constructor(score: Score, random: Random) {
    this.#score = score;
    this.#random = random;
    this.#draw = new WeightedDraw([], random);
  }

  use(targets: readonly Target[]): void {
    this.#targets = targets;
    this.#draw = new WeightedDraw(targets, this.#random);
    this.#credits = new Float64Array(targets.length);
    this.#scores = new Float64Array(targets.length);
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    const nowMs = exchange.startedAtMs;
    if (this.#targets.length >= TWO_CHOICES_FROM) return this.#ofTwo(nowMs, tried);
    return this.#ofAll(nowMs, tried) ?? (tried.length > 0 ? this.#ofAll(nowMs, NONE) : undefined);
  }

  #ofTwo(nowMs: number, tried: readonly Target[]): Target | undefined {
    const one = this.#draw.fresh(tried);
    const other = this.#draw.fresh(tried);
    if (one === undefined || other === undefined || one === other) return one;
    // The second may be one that was tried, when the first was the last that was not.
    if (tried.length > 0 && tried.includes(other)) return one;
    return this.#score(other, nowMs) < this.#score(one, nowMs) ? other : one;
  }

  #ofAll(nowMs: number, tried: readonly Target[]): Target | undefined {
    let lowest = Infinity;
    let weight = 0;
    for (let at = 0; at < this.#targets.length; at++) {
      const target = this.#targets[at];
      if (target === undefined || tried.includes(target)) {
        this.#scores[at] = NaN;
        continue;
      }
      const score = this.#score(target, nowMs);
      this.#scores[at] = score;
      if (score < lowest) weight = 0;
      if (score <= lowest) {
        lowest = score;
        weight += target.weight;
      }
    }
    return this.#mostOwed(lowest, weight);
  }

  /** Of those with that score, which weigh so much together. */
  #mostOwed(score: number, weight: number): Target | undefined {
    let best = -1;
    for (let at = 0; at < this.#targets.length; at++) {
      if (this.#scores[at] !== score) continue;
      this.#credits[at] = (this.#credits[at] ?? 0) + (this.#targets[at]?.weight ?? 0);
      if (best < 0 || (this.#credits[at] ?? 0) > (this.#credits[best] ?? 0)) best = at;
    }
    if (best < 0) return undefined;
    this.#credits[best] = (this.#credits[best] ?? 0) - weight;
    return this.#targets[best];
  }
}

const NONE: readonly Target[] = [];
