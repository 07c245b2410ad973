// Random by weight: without memory, so that many gateways before the same targets never move in step.
import type { Exchange } from "../../exchange.ts";
import type { Balancer, Random } from "../balancer.ts";
import type { Target } from "../target.ts";
import { WeightedDraw } from "./weighted-draw.ts";

export class RandomBalancer implements Balancer {
  readonly #random: Random;
  #draw: WeightedDraw;

  constructor(random: Random) {
    this.#random = random;
    this.#draw = new WeightedDraw([], random);
  }

  use(targets: readonly Target[]): void {
    this.#draw = new WeightedDraw(targets, this.#random);
  }

  pick(_exchange: Exchange, tried: readonly Target[]): Target | undefined {
    return this.#draw.fresh(tried);
  }
}
