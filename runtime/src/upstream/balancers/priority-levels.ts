// Targets of several priorities, each level with a balancer of its own. How much of the requests a level gets is said from
// outside; a try that has no other target left in its level goes to the next one that has.
import type { Exchange } from "../../exchange.ts";
import type { Balancer, Random } from "../balancer.ts";
import type { Target } from "../target.ts";

interface Level {
  readonly balancer: Balancer;
  /** Share of the requests, 0 to 1. */
  load: number;
}

export class PriorityLevels implements Balancer {
  readonly #levels: readonly Level[];
  readonly #random: Random;
  /** By the target's place: its level, and its place in that. */
  readonly #levelOf: Uint8Array;
  readonly #placeIn: Uint32Array;
  /** The level that gets everything; undefined while several get something. */
  #only: Balancer | undefined;

  constructor(
    targets: readonly Target[],
    { make, random }: { make(targets: readonly Target[]): Balancer; readonly random: Random },
  ) {
    const priorities = prioritiesOf(targets);
    const members: Target[][] = priorities.map(() => []);
    this.#levelOf = Uint8Array.from(targets, ({ priority }) => priorities.indexOf(priority ?? 0));
    this.#placeIn = new Uint32Array(targets.length);
    for (const [place, target] of targets.entries()) {
      const level = members[this.levelOf(place)];
      if (level !== undefined) this.#placeIn[place] = level.push(target) - 1;
    }
    this.#levels = members.map((each, at) => ({ balancer: make(each), load: at === 0 ? 1 : 0 }));
    this.#only = this.#levels[0]?.balancer;
    this.#random = random;
  }

  /** A share of the requests for each level, 1 in all. */
  setLoads(loads: readonly number[]): void {
    for (const [at, level] of this.#levels.entries()) level.load = loads[at] ?? 0;
    this.#only = this.#levels.find(({ load }) => load >= 1)?.balancer;
  }

  /** Which one, counted from the highest, the target at this place belongs to. */
  levelOf(place: number): number {
    return this.#levelOf[place] ?? 0;
  }

  /** Requests go to the level of the target at this place. */
  isInUse(place: number): boolean {
    return (this.#levels[this.levelOf(place)]?.load ?? 0) > 0;
  }

  weigh(place: number, weight: number): void {
    this.#levels[this.levelOf(place)]?.balancer.weigh(this.#placeIn[place] ?? 0, weight);
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    const chosen = this.#only ?? this.#choose(exchange);
    const target = chosen?.pick(exchange, tried);
    if (tried.length === 0 || this.#levels.length === 1) return target;
    if (target !== undefined && !tried.includes(target)) return target;
    for (const { balancer } of this.#levels) {
      const other = balancer === chosen ? undefined : balancer.pick(exchange, tried);
      if (other !== undefined && !tried.includes(other)) return other;
    }
    return target;
  }

  #choose(exchange: Exchange): Balancer | undefined {
    const [first] = this.#levels;
    let left = first?.balancer.fractionOf?.(exchange) ?? this.#random();
    let last = first;
    for (const level of this.#levels) {
      if (level.load === 0) continue;
      if (left < level.load) return level.balancer;
      left -= level.load;
      last = level;
    }
    return last?.balancer;
  }
}

/** Those that there are, the highest first. */
export function prioritiesOf(targets: readonly Target[]): number[] {
  const all = new Set(targets.map(({ priority }) => priority ?? 0));
  return [...all].toSorted((one, other) => one - other);
}
