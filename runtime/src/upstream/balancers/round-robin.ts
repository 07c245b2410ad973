// Smooth weighted round robin: over any run of picks each target gets its share, and a heavy one is never picked
// in a burst.
import type { Exchange } from "../../exchange.ts";
import type { Balancer } from "../balancer.ts";
import type { Target } from "../target.ts";
import { FairQueue } from "./fair-queue.ts";

export class RoundRobin implements Balancer {
  readonly #targets: readonly Target[];
  readonly #queue: FairQueue;

  constructor(targets: readonly Target[]) {
    this.#targets = targets;
    this.#queue = new FairQueue(targets.length);
  }

  weigh(place: number, weight: number): void {
    this.#queue.weigh(place, weight);
  }

  pick(_exchange: Exchange, tried: readonly Target[]): Target | undefined {
    if (tried.length === 0) return this.#targets[this.#queue.next()];
    const fresh = this.#queue.next((place) => isIn(tried, this.#targets[place]));
    return this.#targets[fresh < 0 ? this.#queue.next() : fresh];
  }
}

function isIn(tried: readonly Target[], target: Target | undefined): boolean {
  return target !== undefined && tried.includes(target);
}
