// Picks the target with the lowest score: of all when there are few; of two that are drawn by weight when there are many,
// which is nearly as good, and keeps many gateways from running to the same one (Mitzenmacher, "The power of two
// choices in randomized load balancing").
import type { Exchange } from "../../exchange.ts";
import type { Balancer, Random } from "../balancer.ts";
import type { Target } from "../target.ts";
import { WeightedDraw } from "./weighted-draw.ts";

const TWO_CHOICES_FROM = 16;

/** What a target has to do for what it counts: the less, the better. */
export type Score = (target: Target, weight: number, nowMs: number) => number;

/** Tries under way for each unit of weight. */
export const connectionScore: Score = ({ state }, weight) => (state?.activeTries ?? 0) / weight;

/** How long a further try would take for each unit of weight; what is not known is found out with one try at a time. */
export const latencyScore: Score = ({ state }, weight, nowMs) => {
  if (state === undefined) return 0;
  const { activeTries, latency } = state;
  if (!latency.isKnown) return activeTries === 0 ? 0 : Infinity;
  return (latency.at(nowMs) * (activeTries + 1)) / weight;
};

export class LowestScore implements Balancer {
  readonly #targets: readonly Target[];
  readonly #score: Score;
  readonly #random: Random;
  readonly #draw: WeightedDraw;
  /** Places of those that count, in any order. */
  readonly #counted: number[] = [];
  /** Where in that list a place is. */
  readonly #at: Int32Array;
  /** What each target is owed when scores are equal; as in smooth weighted round robin. */
  readonly #credits: Float64Array;
  readonly #scores: Float64Array;

  constructor(targets: readonly Target[], score: Score, random: Random) {
    this.#targets = targets;
    this.#score = score;
    this.#random = random;
    this.#draw = new WeightedDraw(targets);
    this.#at = new Int32Array(targets.length);
    this.#credits = new Float64Array(targets.length);
    this.#scores = new Float64Array(targets.length);
  }

  weigh(place: number, weight: number): void {
    const counted = this.#draw.weightOf(place) > 0;
    this.#draw.weigh(place, weight);
    if (weight > 0 === counted) return;
    this.#credits[place] = 0;
    if (weight > 0) this.#at[place] = this.#counted.push(place) - 1;
    else this.#forget(place);
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    const nowMs = exchange.startedAtMs;
    if (this.#counted.length >= TWO_CHOICES_FROM) return this.#ofTwo(nowMs, tried);
    return this.#ofAll(nowMs, tried) ?? (tried.length > 0 ? this.#ofAll(nowMs, NONE) : undefined);
  }

  #ofTwo(nowMs: number, tried: readonly Target[]): Target | undefined {
    const first = this.#draw.fresh(tried, this.#random());
    const second = this.#draw.fresh(tried, this.#random());
    const [one, other] = [this.#targets[first], this.#targets[second]];
    if (one === undefined || other === undefined || first === second) return one;
    return this.#scoreOf(other, second, nowMs) < this.#scoreOf(one, first, nowMs) ? other : one;
  }

  #ofAll(nowMs: number, tried: readonly Target[]): Target | undefined {
    let lowest = Infinity;
    let weight = 0;
    for (const place of this.#counted) {
      const target = this.#targets[place];
      if (target === undefined || tried.includes(target)) {
        this.#scores[place] = NaN;
        continue;
      }
      const score = this.#scoreOf(target, place, nowMs);
      this.#scores[place] = score;
      if (score < lowest) weight = 0;
      if (score <= lowest) {
        lowest = score;
        weight += this.#draw.weightOf(place);
      }
    }
    return this.#mostOwed(lowest, weight);
  }

  #scoreOf(target: Target, place: number, nowMs: number): number {
    return this.#score(target, this.#draw.weightOf(place), nowMs);
  }

  /** Of those with that score, which weigh so much together. */
  #mostOwed(score: number, weight: number): Target | undefined {
    let best = -1;
    for (const place of this.#counted) {
      if (this.#scores[place] !== score) continue;
      this.#credits[place] = (this.#credits[place] ?? 0) + this.#draw.weightOf(place);
      if (best < 0 || (this.#credits[place] ?? 0) > (this.#credits[best] ?? 0)) best = place;
    }
    if (best < 0) return undefined;
    this.#credits[best] = (this.#credits[best] ?? 0) - weight;
    return this.#targets[best];
  }

  #forget(place: number): void {
    const at = this.#at[place] ?? 0;
    const last = this.#counted.pop();
    if (last === undefined || last === place) return;
    this.#counted[at] = last;
    this.#at[last] = at;
  }
}

const NONE: readonly Target[] = [];
