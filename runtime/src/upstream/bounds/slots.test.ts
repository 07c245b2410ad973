import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, seededRandom } from "../upstreams.testing.ts";
import { Slots } from "./slots.ts";
import type { SlotEntry } from "./slots.ts";

class Trial {
  readonly clock: FakeClock = new FakeClock();
  readonly slots: Slots = new Slots(this.clock);
  readonly events: string[] = [];

  constructor(limit: number) {
    this.slots.limit = limit;
  }

  enter(name: string, maxWaiting = 10, timeoutMs = 1000): SlotEntry {
    const waiter = {
      onSlot: () => void this.events.push(`${name} slot`),
      onTimeout: () => void this.events.push(`${name} timeout`),
    };
    return this.slots.enter(waiter, maxWaiting, timeoutMs);
  }

  kinds(...names: readonly string[]): string[] {
    return names.map((name) => this.enter(name).kind);
  }
}

describe("slots", () => {
  test("are given to as many as the limit says, and to the rest in their order", () => {
    const trial = new Trial(2);
    assert.deepEqual(trial.kinds("a", "b", "c", "d"), ["taken", "taken", "waiting", "waiting"]);
    assert.deepEqual([trial.slots.taken, trial.slots.waiting], [2, 2]);
    trial.slots.release();
    trial.slots.release();
    assert.deepEqual(trial.events, ["c slot", "d slot"]);
    assert.deepEqual([trial.slots.taken, trial.slots.waiting], [2, 0]);
    trial.slots.release();
    trial.slots.release();
    assert.equal(trial.slots.taken, 0);
    assert.equal(trial.clock.waiting, 0, "no timer is left");
  });

  test("of clients that leave together are for whom is left", async () => {
    const trial = new Trial(1);
    const [, b, c] = ["a", "b", "c", "d"].map((name) => trial.enter(name));
    trial.slots.releaseSoon();
    for (const left of [b, c]) if (left?.kind === "waiting") left.giveUp();
    assert.equal(trial.slots.take(), false, "nobody overtakes");
    await trial.clock.advance(0);
    assert.deepEqual(trial.events, ["d slot"]);
    trial.slots.releaseSoon();
    assert.deepEqual([trial.slots.taken, trial.clock.waiting], [0, 0]);
  });

  test("have a queue of so many and no more", () => {
    const trial = new Trial(1);
    const kinds = ["a", "b", "c", "d"].map((name) => trial.enter(name, 2).kind);
    assert.deepEqual(kinds, ["taken", "waiting", "waiting", "full"]);
    assert.equal(trial.enter("e", 0).kind, "full");
    assert.equal(trial.enter("f", 10, 0).kind, "full", "nobody waits for no time");
  });

  test("are waited for so long and no longer", async () => {
    const trial = new Trial(1);
    trial.kinds("a");
    trial.enter("b", 10, 500);
    trial.enter("c", 10, 1000);
    await trial.clock.advance(500);
    assert.deepEqual(trial.events, ["b timeout"]);
    trial.slots.release();
    assert.deepEqual(trial.events, ["b timeout", "c slot"]);
    await trial.clock.advance(5000);
    assert.deepEqual(trial.events, ["b timeout", "c slot"]);
  });

  test("go past who has given up, and nobody overtakes who waits", () => {
    const trial = new Trial(1);
    trial.kinds("a");
    const given = trial.enter("b");
    trial.kinds("c");
    if (given.kind === "waiting") given.giveUp();
    assert.equal(trial.slots.take(), false);
    trial.slots.release();
    assert.deepEqual(trial.events, ["c slot"]);
  });

  test("that come with a higher limit go to those who wait; a lower one takes none back", () => {
    const trial = new Trial(1);
    trial.kinds("a", "b", "c", "d");
    trial.slots.limit = 3;
    assert.deepEqual(trial.events, ["b slot", "c slot"]);
    trial.slots.limit = 1;
    trial.slots.release();
    trial.slots.release();
    assert.deepEqual([trial.slots.taken, trial.slots.waiting], [1, 1]);
    trial.slots.release();
    assert.deepEqual(trial.events, ["b slot", "c slot", "d slot"]);
  });

  test("are not taken before the eyes of those who wait, not even by who was just served", () => {
    const trial = new Trial(1);
    trial.slots.take();
    const overtakes: boolean[] = [];
    const onSlot = (): void => void overtakes.push(trial.slots.take());
    trial.slots.enter({ onSlot, onTimeout: () => assert.fail() }, 10, 1000);
    trial.enter("b");
    trial.slots.limit = 3;
    assert.deepEqual(overtakes, [false]);
    assert.deepEqual(trial.events, ["b slot"]);
  });

  test("go through a queue of 10,000 that all give them back at once, on a flat stack (O3)", () => {
    const trial = new Trial(1);
    trial.slots.take();
    let served = 0;
    const waiter = {
      onSlot: (): void => {
        served++;
        trial.slots.release();
      },
      onTimeout: () => assert.fail(),
    };
    for (let n = 0; n < 10_000; n++) trial.slots.enter(waiter, 10_000, 1000);
    assert.equal(trial.enter("one more", 10_000).kind, "full");
    trial.slots.release();
    assert.deepEqual([served, trial.slots.taken, trial.slots.waiting], [10_000, 0, 0]);
    assert.equal(trial.clock.waiting, 0);
  });

  test("are never more than the limit nor lost, whatever happens", async () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = seededRandom(seed);
      const clock = new FakeClock();
      const slots = new Slots(clock);
      slots.limit = 1 + Math.floor(random() * 4);
      let held = 0;
      const waits = new Set<() => void>();
      for (let step = 0; step < 400; step++) {
        const chance = random();
        if (chance < 0.5) {
          let giveUp: () => void = () => undefined;
          const leave = (): void => void waits.delete(giveUp);
          const onSlot = (): void => {
            leave();
            held++;
          };
          const admission = slots.enter({ onSlot, onTimeout: leave }, 5, 1 + random() * 300);
          if (admission.kind === "taken") held++;
          if (admission.kind === "waiting") waits.add((giveUp = admission.giveUp));
        } else if (chance < 0.8 && held > 0) {
          held--;
          slots.release();
        } else if (chance < 0.85) {
          for (const giveUp of waits) {
            giveUp();
            waits.delete(giveUp);
            break;
          }
        } else {
          await clock.advance(random() * 100);
        }
        assert.deepEqual([slots.taken, slots.waiting], [held, waits.size]);
        assert.ok(held <= slots.limit && waits.size <= 5);
        assert.ok(held === slots.limit || waits.size === 0, "nobody waits for a free slot");
      }
    }
  });
});
