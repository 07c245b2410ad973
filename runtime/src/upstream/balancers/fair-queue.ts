// Whose turn it is, by weights that may change at any time: earliest eligible virtual deadline first (Stoica and
// Abdel-Wahab's EEVDF, of the family of WF2Q). Virtual time goes 1 / the sum of weights with each turn. A turn of a target of
// weight w takes 1 / w of it: the target may have it when the last one's time is over, and of those that may, the one
// whose time ends first is served. So each has its share of every run of turns, give or take one, in O(log n).
import { PlaceHeap } from "./place-heap.ts";

/** Rounding errors grow with the clock: it is set back after so long. */
const MAX_TIME = 4096;
/** Share of a turn that is not told from nothing. */
const TOLERANCE = 1e-6;

export class FairQueue {
  readonly #weights: Float64Array;
  /** Since when each has its weight, and how many turns it has had since: sums of fractions would not stay equal. */
  readonly #bases: Float64Array;
  readonly #turns: Float64Array;
  /** Of the next turn of each. */
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  readonly #waiting: PlaceHeap;
  readonly #eligible: PlaceHeap;
  #total = 0;
  /** Sum of all starts, each times its weight; over the sum of weights it is the time. */
  #moment = 0;
  /** Where the clock stood when nobody was left. */
  #stoodAt = 0;

  constructor(count: number) {
    this.#weights = new Float64Array(count);
    this.#bases = new Float64Array(count);
    this.#turns = new Float64Array(count);
    this.#starts = new Float64Array(count);
    this.#ends = new Float64Array(count);
    this.#waiting = new PlaceHeap(this.#starts);
    this.#eligible = new PlaceHeap(this.#ends);
  }

  /** Who gets another weight keeps what it has waited; who comes begins now. */
  weigh(place: number, weight: number): void {
    const before = this.#weights[place] ?? 0;
    if (weight === before) return;
    const now = this.#now;
    const owed = before === 0 ? 0 : (now - (this.#starts[place] ?? 0)) * before;
    if (before > 0) this.#leave(place, before);
    this.#weights[place] = weight;
    if (weight === 0) {
      if (this.#total === 0) this.#stoodAt = now;
      return;
    }
    const start = now - owed / weight;
    this.#total += weight;
    this.#moment += start * weight;
    this.#bases[place] = start;
    this.#turns[place] = 0;
    this.#enter(place);
  }

  /** Takes the turn of the place that it says; -1 when there is none. Those to be passed over keep theirs. */
  next(isPassedOver?: (place: number) => boolean): number {
    if (this.#total === 0) return -1;
    const passed: number[] | undefined = isPassedOver === undefined ? undefined : [];
    let place = this.#first();
    while (place >= 0 && isPassedOver?.(place) === true) {
      passed?.push(place);
      this.#remove(place);
      place = this.#first();
    }
    if (passed !== undefined) for (const each of passed) this.#waiting.add(each);
    if (place >= 0) this.#serve(place);
    return place;
  }

  #first(): number {
    const limit = this.#now + TOLERANCE / this.#total;
    for (let next = this.#waiting.first; next >= 0; next = this.#waiting.first) {
      if ((this.#starts[next] ?? 0) > limit) break;
      this.#waiting.remove(next);
      this.#eligible.add(next);
    }
    const { first } = this.#eligible;
    return first < 0 ? this.#waiting.first : first;
  }

  #serve(place: number): void {
    this.#remove(place);
    this.#moment += 1;
    this.#turns[place] = (this.#turns[place] ?? 0) + 1;
    this.#enter(place);
    if (this.#now > MAX_TIME) this.#setBack();
  }

  get #now(): number {
    return this.#total === 0 ? this.#stoodAt : this.#moment / this.#total;
  }

  #enter(place: number): void {
    const weight = this.#weights[place] ?? 1;
    const base = this.#bases[place] ?? 0;
    const turns = this.#turns[place] ?? 0;
    this.#starts[place] = base + turns / weight;
    this.#ends[place] = base + (turns + 1) / weight;
    this.#waiting.add(place);
  }

  #leave(place: number, weight: number): void {
    this.#remove(place);
    this.#total -= weight;
    this.#moment -= (this.#starts[place] ?? 0) * weight;
    if (this.#total <= 0) this.#total = this.#moment = 0;
  }

  #remove(place: number): void {
    this.#waiting.remove(place);
    this.#eligible.remove(place);
  }

  /** Nobody's order changes by that. */
  #setBack(): void {
    const now = this.#now;
    this.#moment = this.#total = 0;
    for (const [place, weight] of this.#weights.entries()) {
      this.#starts[place] = (this.#starts[place] ?? 0) - now;
      this.#ends[place] = (this.#ends[place] ?? 0) - now;
      this.#bases[place] = this.#starts[place] ?? 0;
      this.#turns[place] = 0;
      this.#total += weight;
      this.#moment += (this.#starts[place] ?? 0) * weight;
    }
  }
}
