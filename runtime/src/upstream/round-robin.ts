// Smooth weighted round robin: over any run of picks each target gets its share, and a heavy one is never picked
// in a burst. The order repeats, so it is computed once and picking is one array access.
import type { Balancer } from "./balancer.ts";
import type { Target } from "./target.ts";

/** Upper bound of the schedule's length; weights are scaled down to it, as Kong's slots do. */
const MAX_SLOTS = 10_000;

export class RoundRobin implements Balancer {
  readonly targets: readonly Target[];
  readonly #schedule: readonly Target[];
  #next = 0;

  constructor(targets: readonly Target[]) {
    this.targets = targets;
    this.#schedule = schedule(targets.filter((target) => target.weight > 0));
  }

  pick(tried: readonly Target[]): Target | undefined {
    const first = this.#step();
    if (tried.length === 0 || first === undefined || !tried.includes(first)) return first;
    for (let left = this.#schedule.length - 1; left > 0; left--) {
      const other = this.#step();
      if (other !== undefined && !tried.includes(other)) return other;
    }
    return first;
  }

  #step(): Target | undefined {
    const target = this.#schedule[this.#next];
    this.#next = this.#next + 1 < this.#schedule.length ? this.#next + 1 : 0;
    return target;
  }
}

function schedule(targets: readonly Target[]): Target[] {
  const weights = slotWeights(targets.map((target) => target.weight));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const credits = weights.map(() => 0);
  const order: Target[] = [];
  for (let slot = 0; slot < total; slot++) {
    let best = 0;
    for (let at = 0; at < credits.length; at++) {
      credits[at] = (credits[at] ?? 0) + (weights[at] ?? 0);
      if ((credits[at] ?? 0) > (credits[best] ?? 0)) best = at;
    }
    credits[best] = (credits[best] ?? 0) - total;
    const target = targets[best];
    if (target !== undefined) order.push(target);
  }
  return order;
}

/** Smallest whole numbers in the same proportion, at least 1 each, their sum bounded. */
function slotWeights(weights: readonly number[]): number[] {
  const divisor = weights.reduce(greatestCommonDivisor, 0);
  if (divisor === 0) return [];
  const reduced = weights.map((weight) => weight / divisor);
  const total = reduced.reduce((sum, weight) => sum + weight, 0);
  if (total <= MAX_SLOTS) return reduced;
  return reduced.map((weight) => Math.max(1, Math.round((weight * MAX_SLOTS) / total)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
