import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../upstreams.testing.ts";
import { FairQueue } from "./fair-queue.ts";

/** A queue of these weights, with what each place is owed and has got. */
class Watched {
  readonly queue: FairQueue;
  readonly weights: number[];
  readonly owed: number[];
  readonly got: number[];

  constructor(weights: readonly number[]) {
    this.queue = new FairQueue(weights.length);
    this.weights = [...weights];
    this.owed = weights.map(() => 0);
    this.got = weights.map(() => 0);
    for (const [place, weight] of weights.entries()) this.queue.weigh(place, weight);
  }

  weigh(place: number, weight: number): void {
    this.weights[place] = weight;
    this.queue.weigh(place, weight);
  }

  next(): number {
    const total = this.weights.reduce((sum, weight) => sum + weight, 0);
    const place = this.queue.next();
    for (const [each, weight] of this.weights.entries()) {
      this.owed[each] = (this.owed[each] ?? 0) + weight / total;
    }
    this.got[place] = (this.got[place] ?? 0) + 1;
    return place;
  }

  /** The largest difference between what one is owed and has got, in turns. */
  get unfairness(): number {
    return Math.max(...this.owed.map((turns, place) => Math.abs(turns - (this.got[place] ?? 0))));
  }
}

describe("a fair queue", () => {
  test("is never more than a turn off, whatever the weights", () => {
    const random = seededRandom(1);
    for (let round = 0; round < 30; round++) {
      const count = 2 + Math.floor(random() * 20);
      const weights = Array.from({ length: count }, () => 1 + Math.floor(random() ** 4 * 1000));
      const watched = new Watched(weights);
      for (let turn = 0; turn < 500; turn++) {
        watched.next();
        assert.ok(watched.unfairness <= 1.0001, `${watched.unfairness} with ${weights.join()}`);
      }
    }
  });

  test("is never more than a turn off while weights change all the time", () => {
    const random = seededRandom(2);
    const watched = new Watched([100, 100, 100, 50, 10]);
    let worst = 0;
    for (let turn = 0; turn < 5000; turn++) {
      watched.weigh(Math.floor(random() * 5), 1 + Math.floor(random() * 100));
      watched.next();
      worst = Math.max(worst, watched.unfairness);
    }
    assert.ok(worst <= 1.5, String(worst));
  });

  test("is fair to those that stay while others come and go", () => {
    const random = seededRandom(3);
    const watched = new Watched(Array.from({ length: 20 }, () => 100));
    for (let turn = 0; turn < 20_000; turn++) {
      const place = 10 + Math.floor(random() * 10);
      watched.weigh(place, watched.weights[place] === 0 ? 100 : 0);
      assert.notEqual(watched.weights[watched.next()], 0);
    }
    const staying = watched.got.slice(0, 10);
    assert.ok(Math.max(...staying) - Math.min(...staying) <= 1, staying.join());
    const [owed = 0] = watched.owed;
    assert.ok(Math.abs((staying[0] ?? 0) - owed) / owed < 0.02, `${staying[0]} of ${owed}`);
  });

  test("takes equal turns for ever: its clock is set back without anybody's turn being lost", () => {
    const watched = new Watched([1, 1, 1]);
    for (let turn = 0; turn < 3 * 10_000; turn++) watched.next();
    assert.deepEqual(watched.got, [10_000, 10_000, 10_000]);
  });

  test("begins again when all were gone", () => {
    const watched = new Watched([1, 3]);
    for (let turn = 0; turn < 10; turn++) watched.next();
    watched.weigh(0, 0);
    watched.weigh(1, 0);
    assert.equal(watched.queue.next(), -1);
    watched.weigh(1, 3);
    assert.deepEqual([watched.next(), watched.next()], [1, 1]);
    watched.weigh(0, 1);
    const turns = Array.from({ length: 8 }, () => watched.next());
    assert.equal(turns.filter((place) => place === 0).length, 2);
  });

  test("passes over whom it is told to, who keep their turn", () => {
    const watched = new Watched([1, 1, 1]);
    assert.equal(watched.queue.next(), 0);
    assert.equal(
      watched.queue.next((place) => place === 1),
      2,
    );
    assert.equal(
      watched.queue.next((place) => place === 1),
      0,
    );
    assert.equal(watched.queue.next(), 1);
    assert.equal(
      watched.queue.next(() => true),
      -1,
    );
  });
});
