// Sends what has the same key to the same target, and moves as few keys as can be when targets come and go.
import type { Exchange } from "../../exchange.ts";
import type { Balancer } from "../balancer.ts";
import type { Target } from "../target.ts";
import { slotOwners } from "./hash-table.ts";
import { mix } from "./hash.ts";
import { RoundRobin } from "./round-robin.ts";

/** The hash of what a request is placed by, or undefined when it has none of it. */
export type HashKey = (exchange: Exchange) => number | undefined;

export interface ConsistentHashingOptions {
  /** All that have a weight, those included that may not be used for now. */
  readonly targets: readonly Target[];
  readonly key: HashKey;
  readonly slots: number;
}

/** Slots that are looked at before every target is: enough unless hardly any may be used. */
const MAX_STEPS = 32;
/** 2^32 divided by the golden ratio: each step leads to a slot that tells nothing of the last one. */
const STEP = 0x9e3779b9;

export class ConsistentHashing implements Balancer {
  readonly #targets: readonly Target[];
  readonly #key: HashKey;
  readonly #slots: number;
  /** Made for the first request: a config may have many upstreams that get none. */
  #owners: Uint32Array | undefined;
  readonly #placeOf: ReadonlyMap<Target, number>;
  /** By the target's place: it may be used. */
  readonly #isUsable: Uint8Array;
  #usable: readonly Target[] = [];
  /** For requests without a key. */
  readonly #others: RoundRobin;

  constructor({ targets, key, slots }: ConsistentHashingOptions) {
    this.#targets = targets;
    this.#key = key;
    this.#slots = slots;
    this.#placeOf = new Map(targets.map((target, at) => [target, at]));
    this.#isUsable = new Uint8Array(targets.length);
    this.#others = new RoundRobin(slots);
  }

  /** Of those that it was made for. The keys of the others go elsewhere, each to a place of its own. */
  use(targets: readonly Target[]): void {
    this.#usable = targets;
    this.#isUsable.fill(0);
    for (const target of targets) this.#isUsable[this.#placeOf.get(target) ?? -1] = 1;
    this.#others.use(targets);
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    if (this.#usable.length === 0) return undefined;
    const key = this.#key(exchange);
    if (key === undefined) return this.#others.pick(exchange, tried);
    const owners = (this.#owners ??= slotOwners(this.#targets, this.#slots));
    let last: Target | undefined;
    for (let step = 0; step < MAX_STEPS; step++) {
      const hash: number = step === 0 ? key : mix((key + Math.imul(step, STEP)) | 0);
      const owner = owners[Math.floor((hash / 2 ** 32) * owners.length)] ?? 0;
      if (this.#isUsable[owner] === 0) continue;
      const target = this.#targets[owner];
      if (target === undefined || !tried.includes(target)) return target;
      last ??= target;
    }
    return this.#scan(key, tried) ?? last ?? this.#usable[key % this.#usable.length];
  }

  #scan(key: number, tried: readonly Target[]): Target | undefined {
    const count = this.#usable.length;
    for (let step = 0; step < count; step++) {
      const target = this.#usable[(key + step) % count];
      if (target !== undefined && !tried.includes(target)) return target;
    }
    return undefined;
  }
}
