// Draws targets by weight, and others when those have been tried.
import type { Random } from "../balancer.ts";
import type { Target } from "../target.ts";
import { AliasTable } from "./alias-table.ts";

/** Draws before every target is looked at. */
const MAX_DRAWS = 8;

export class WeightedDraw {
  readonly #targets: readonly Target[];
  readonly #table: AliasTable;
  readonly #random: Random;

  constructor(targets: readonly Target[], random: Random) {
    this.#targets = targets;
    this.#table = new AliasTable(targets.map(({ weight }) => weight));
    this.#random = random;
  }

  any(): Target | undefined {
    return this.#targets[this.#table.draw(this.#random())];
  }

  /** One that was not tried, while there is one. */
  fresh(tried: readonly Target[]): Target | undefined {
    const first = this.any();
    if (tried.length === 0 || first === undefined || !tried.includes(first)) return first;
    for (let draws = 1; draws < MAX_DRAWS; draws++) {
      const drawn = this.any();
      if (drawn !== undefined && !tried.includes(drawn)) return drawn;
    }
    // Few are left, or they weigh little.
    const start = Math.floor(this.#random() * this.#targets.length);
    for (let step = 0; step < this.#targets.length; step++) {
      const target = this.#targets[(start + step) % this.#targets.length];
      if (target !== undefined && !tried.includes(target)) return target;
    }
    return first;
  }
}
