// Which target owns each slot of the table of consistent hashing. Every target throws darts at the slots, at a rate that
// is its weight and in an order that depends on its address alone; a slot belongs to whoever hits it first. So a target
// that goes gives up its own slots and moves no other, one that comes takes its share from all, only the proportion of
// weights counts, and the table is made in O(slots log slots), however many targets there are.
import type { Target } from "../target.ts";
import { hashText, mix } from "./hash.ts";

/** Index of the owner of each slot. There must be a target, each with a weight above 0. */
export function slotOwners(targets: readonly Target[], slots: number): Uint32Array {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0);
  // By then a slot is still free with a chance of 5 %; which darts come first does not depend on when it ends.
  let endsAt = (slots * (Math.log(slots) + 3)) / total;
  for (;;) {
    const owners = throwDarts(targets, slots, endsAt);
    if (owners !== undefined) return owners;
    endsAt *= 2;
  }
}

/** Undefined when a slot was hit by none. */
function throwDarts(
  targets: readonly Target[],
  slots: number,
  endsAt: number,
): Uint32Array | undefined {
  const owners = new Uint32Array(slots);
  const hits = new Float64Array(slots).fill(Infinity);
  let free = slots;
  for (const [index, { address, weight }] of targets.entries()) {
    const random = randomSequence(hashText(address));
    for (let at = interval(random, weight); at < endsAt; at += interval(random, weight)) {
      const slot = Math.floor(random() * slots);
      const earlier = hits[slot] ?? 0;
      if (earlier <= at) continue;
      if (earlier === Infinity) free--;
      hits[slot] = at;
      owners[slot] = index;
    }
  }
  return free === 0 ? owners : undefined;
}

/** Until the next dart: exponential, so that what one target does tells nothing of the others. */
function interval(random: () => number, rate: number): number {
  return -Math.log(1 - random()) / rate;
}

/** Numbers from 0 up to 1 that depend on the seed alone. */
function randomSequence(seed: number): () => number {
  let state = seed;
  // A step of its own, or the sequence of one target would be a part of another's (as in SplitMix).
  const step = mix(seed ^ 0x9e3779b9) | 1;
  return () => {
    state = (state + step) | 0;
    return mix(state) / 2 ** 32;
  };
}
