// A heap of places by a key that is kept elsewhere: the least first, the lower place when two are equal. Any of them can be
// taken out, each step in O(log n).

export class PlaceHeap {
  readonly #keys: Float64Array;
  readonly #heap: Int32Array;
  /** Where in the heap a place is; -1 for one that is not. */
  readonly #at: Int32Array;
  #length = 0;

  /** The key of a place must not change while it is in the heap. */
  constructor(keys: Float64Array) {
    this.#keys = keys;
    this.#heap = new Int32Array(keys.length);
    this.#at = new Int32Array(keys.length).fill(-1);
  }

  /** -1 when there is none. */
  get first(): number {
    return this.#length === 0 ? -1 : (this.#heap[0] ?? -1);
  }

  add(place: number): void {
    this.#put(place, this.#length++);
    this.#rise(this.#length - 1);
  }

  /** Nothing happens when it is not there. */
  remove(place: number): void {
    const at = this.#at[place] ?? -1;
    if (at < 0) return;
    this.#at[place] = -1;
    const last = this.#heap[--this.#length] ?? -1;
    if (last === place) return;
    this.#put(last, at);
    this.#rise(at);
    this.#sink(this.#at[last] ?? at);
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < this.#length && this.#isBefore(left, least)) least = left;
      if (right < this.#length && this.#isBefore(right, least)) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one] ?? 0, this.#heap[other] ?? 0];
    const [keyA, keyB] = [this.#keys[a] ?? 0, this.#keys[b] ?? 0];
    return keyA === keyB ? a < b : keyA < keyB;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one] ?? 0, this.#heap[other] ?? 0];
    this.#put(b, one);
    this.#put(a, other);
  }

  #put(place: number, at: number): void {
    this.#heap[at] = place;
    this.#at[place] = at;
  }
}
