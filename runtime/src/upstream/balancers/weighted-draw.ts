// Draws targets by weight, and others when those have been tried.
import type { Target } from "../target.ts";
import { WeightTree } from "./weight-tree.ts";

export class WeightedDraw {
  readonly #targets: readonly Target[];
  readonly #weights: WeightTree;
  /** Made when somebody wants to know. */
  #places: ReadonlyMap<Target, number> | undefined;

  constructor(targets: readonly Target[]) {
    this.#targets = targets;
    this.#weights = new WeightTree(targets.length);
  }

  weigh(place: number, weight: number): void {
    this.#weights.set(place, weight);
  }

  weightOf(place: number): number {
    return this.#weights.of(place);
  }

  /** The place of one that was not tried, while there is one that counts; -1 when none does. */
  fresh(tried: readonly Target[], random: number): number {
    const first = this.#weights.draw(random);
    const target = this.#targets[first];
    if (tried.length === 0 || target === undefined || !tried.includes(target)) return first;
    const other = this.#without(tried, random);
    return other < 0 ? first : other;
  }

  #without(tried: readonly Target[], random: number): number {
    const places = (this.#places ??= new Map(this.#targets.map((target, at) => [target, at])));
    const those = tried.map((target) => places.get(target) ?? -1).filter((place) => place >= 0);
    const weights = those.map((place) => this.#weights.of(place));
    for (const place of those) this.#weights.set(place, 0);
    const found = this.#weights.draw(random);
    for (const [at, place] of those.entries()) {
      // One that was tried twice was 0 by then.
      if (weights[at] !== 0) this.#weights.set(place, weights[at] ?? 0);
    }
    return found;
  }
}
