// Sends what has the same key to the same target, and moves as few keys as can be when targets come and go.
import type { Exchange } from "../../exchange.ts";
import type { Balancer } from "../balancer.ts";
import type { Target } from "../target.ts";
import { slotOwners } from "./hash-table.ts";
import { mix } from "./hash.ts";
import { RoundRobin } from "./round-robin.ts";
import { WeightedDraw } from "./weighted-draw.ts";

/** The hash of what a request is placed by, or undefined when it has none of it. */
export type HashKey = (exchange: Exchange) => number | undefined;

export interface ConsistentHashingOptions {
  /** All that have a weight, those included that may not be used for now. */
  readonly targets: readonly Target[];
  readonly key: HashKey;
  readonly slots: number;
}

/** Slots that are looked at before a target is drawn by the key: enough unless hardly any may be used. */
const MAX_STEPS = 32;
/** 2^32 divided by the golden ratio: each step leads to a slot that tells nothing of the last one. */
const STEP = 0x9e3779b9;

export class ConsistentHashing implements Balancer {
  readonly #targets: readonly Target[];
  readonly #key: HashKey;
  readonly #slots: number;
  /** Made for the first request: a config may have many upstreams that get none. */
  #owners: Uint32Array | undefined;
  /** Those that may be used. */
  readonly #usable: WeightedDraw;
  /** For requests without a key. */
  readonly #others: RoundRobin;

  constructor({ targets, key, slots }: ConsistentHashingOptions) {
    this.#targets = targets;
    this.#key = key;
    this.#slots = slots;
    this.#usable = new WeightedDraw(targets);
    this.#others = new RoundRobin(targets);
  }

  /** The keys of one that does not count go elsewhere, each to a place of its own; how much it counts makes no difference. */
  weigh(place: number, weight: number): void {
    this.#usable.weigh(place, weight);
    this.#others.weigh(place, weight);
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    const key = this.#key(exchange);
    if (key === undefined) return this.#others.pick(exchange, tried);
    const owners = (this.#owners ??= ownersOf(this.#targets, this.#slots));
    if (owners.length === 0) return undefined;
    for (let step = 0; step < MAX_STEPS; step++) {
      const hash: number = step === 0 ? key : mix((key + Math.imul(step, STEP)) | 0);
      const owner = owners[Math.floor((hash / 2 ** 32) * owners.length)] ?? 0;
      if (this.#usable.weightOf(owner) === 0) continue;
      const target = this.#targets[owner];
      if (target === undefined || !tried.includes(target)) return target;
    }
    return this.#targets[this.#usable.fresh(tried, key / 2 ** 32)];
  }

  /** Independent of the slot. */
  fractionOf(exchange: Exchange): number | undefined {
    const key = this.#key(exchange);
    return key === undefined ? undefined : mix(key ^ STEP) / 2 ** 32;
  }
}

function ownersOf(targets: readonly Target[], slots: number): Uint32Array {
  return targets.length === 0 ? new Uint32Array() : slotOwners(targets, slots);
}
