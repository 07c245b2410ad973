// Picks at random, by weight.
import type { Exchange } from "../../exchange.ts";
import type { Balancer, Random } from "../balancer.ts";
import type { Target } from "../target.ts";
import { WeightedDraw } from "./weighted-draw.ts";

export class RandomBalancer implements Balancer {
  readonly #targets: readonly Target[];
  readonly #random: Random;
  readonly #draw: WeightedDraw;

  constructor(targets: readonly Target[], random: Random) {
    this.#targets = targets;
    this.#random = random;
    this.#draw = new WeightedDraw(targets);
  }

  weigh(place: number, weight: number): void {
    this.#draw.weigh(place, weight);
  }

  pick(_exchange: Exchange, tried: readonly Target[]): Target | undefined {
    return this.#targets[this.#draw.fresh(tried, this.#random())];
  }
}
