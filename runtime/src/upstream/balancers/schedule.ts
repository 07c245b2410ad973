// The order of a smooth weighted round: a target of weight w in a round of n slots has its share w/n of every run of
// picks, give or take one. Each of its slots has a window, and of the windows that are open the one that ends first is
// served (Tijdeman's chairman assignment, Pfair scheduling). Made in O(n log t) for t targets.
import type { Target } from "../target.ts";

/** The round; as long as the weights need, but not much longer than `maxSlots`. */
export function schedule(targets: readonly Target[], maxSlots: number): Target[] {
  const slots = slotsOf(
    targets.map(({ weight }) => weight),
    maxSlots,
  );
  const length = slots.reduce((sum, count) => sum + count, 0);
  const served = new Uint32Array(targets.length);
  const opening = new Openings(targets.length, length);
  const open = new WindowHeap();
  for (const at of targets.keys()) opening.add(at, 0);
  const order: Target[] = [];
  for (let slot = 0; slot < length; slot++) {
    for (let at = opening.first(slot); at >= 0; at = opening.next(at)) {
      open.push(at, Math.ceil((((served[at] ?? 0) + 1) * length) / (slots[at] ?? 1)));
    }
    const at = open.pop();
    const target = targets[at];
    if (target !== undefined) order.push(target);
    const count = (served[at] ?? 0) + 1;
    served[at] = count;
    opening.add(at, Math.max(slot + 1, Math.floor((count * length) / (slots[at] ?? 1))));
  }
  return order;
}

/** Smallest whole numbers in the same proportion, at least 1 each, their sum bounded. */
function slotsOf(weights: readonly number[], maxSlots: number): number[] {
  const divisor = weights.reduce(greatestCommonDivisor, 0);
  const reduced = weights.map((weight) => weight / divisor);
  const total = reduced.reduce((sum, weight) => sum + weight, 0);
  if (total <= maxSlots) return reduced;
  return reduced.map((weight) => Math.max(1, Math.round((weight * maxSlots) / total)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Which targets' next windows open at which slot: each target waits in one list at a time. */
class Openings {
  readonly #firsts: Int32Array;
  readonly #nexts: Int32Array;

  constructor(targets: number, slots: number) {
    this.#firsts = new Int32Array(slots).fill(-1);
    this.#nexts = new Int32Array(targets).fill(-1);
  }

  /** Nothing happens past the end of the round. */
  add(target: number, slot: number): void {
    if (slot >= this.#firsts.length) return;
    this.#nexts[target] = this.#firsts[slot] ?? -1;
    this.#firsts[slot] = target;
  }

  first(slot: number): number {
    return this.#firsts[slot] ?? -1;
  }

  next(target: number): number {
    return this.#nexts[target] ?? -1;
  }
}

/** Targets by the end of their open window, then by their place. */
class WindowHeap {
  readonly #items: { readonly target: number; readonly end: number }[] = [];

  push(target: number, end: number): void {
    const items = this.#items;
    let at = items.push({ target, end }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** There must be one. */
  pop(): number {
    const items = this.#items;
    const top = items[0]?.target ?? -1;
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    items[0] = last;
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < items.length && this.#isBefore(child, least)) least = child;
      }
      if (least === at) return top;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#items[one], this.#items[other]];
    if (a === undefined || b === undefined) return false;
    return a.end === b.end ? a.target < b.target : a.end < b.end;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#items[one], this.#items[other]];
    if (a === undefined || b === undefined) return;
    this.#items[one] = b;
    this.#items[other] = a;
  }
}
