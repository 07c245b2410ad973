// Smooth weighted round robin: over any run of picks each target gets its share, and a heavy one is never picked
// in a burst. The order repeats, so it is computed once and picking is one array access.
import type { Exchange } from "../../exchange.ts";
import type { Balancer } from "../balancer.ts";
import type { Target } from "../target.ts";
import { schedule } from "./schedule.ts";

/** Kong's default of `slots`. */
const MAX_SLOTS = 10_000;

export class RoundRobin implements Balancer {
  readonly #maxSlots: number;
  #schedule: readonly Target[] = [];
  #next = 0;

  constructor(maxSlots: number = MAX_SLOTS) {
    this.#maxSlots = maxSlots;
  }

  use(targets: readonly Target[]): void {
    this.#schedule = schedule(targets, this.#maxSlots);
    // Where it was, not at the start: with targets that come and go the first ones would get more than their share.
    this.#next = this.#schedule.length === 0 ? 0 : this.#next % this.#schedule.length;
  }

  pick(_exchange: Exchange, tried: readonly Target[]): Target | undefined {
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
