import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Deadlines } from "./deadlines.ts";
import type { Timed } from "./deadlines.ts";

interface Timer extends Timed {
  readonly fired: Promise<number>;
}

/** Something that fires so many ms from now, and says when it did. */
function timedIn(deadlines: Deadlines, ms: number): Timer {
  const { promise, resolve } = Promise.withResolvers<number>();
  const timed: Timer = {
    deadlineAtMs: ms === Infinity ? Infinity : deadlines.after(ms),
    onDeadline: () => resolve(performance.now()),
    fired: promise,
  };
  deadlines.add(timed);
  return timed;
}

/** The timer of Deadlines does not keep a process alive; a test that waits for it must. */
async function whileAlive<T>(promise: Promise<T>): Promise<T> {
  const alive = setInterval(() => undefined, 1000);
  try {
    return await promise;
  } finally {
    clearInterval(alive);
  }
}

describe("Deadlines", () => {
  const deadlines = new Deadlines();
  after(() => deadlines.stop());

  test("fire when their time is over, never earlier, and once", async () => {
    const startedAtMs = performance.now();
    const timed = timedIn(deadlines, 30);
    const firedAtMs = await whileAlive(timed.fired);
    assert.ok(firedAtMs - startedAtMs >= 30, `${firedAtMs - startedAtMs} ms`);
    assert.equal(timed.deadlineAtMs, Infinity);
  });

  test("fire in the order of their time", async () => {
    const order: string[] = [];
    const late = timedIn(deadlines, 250);
    const early = timedIn(deadlines, 10);
    void early.fired.then(() => order.push("early"));
    void late.fired.then(() => order.push("late"));
    await whileAlive(late.fired);
    assert.deepEqual(order, ["early", "late"]);
  });

  test("do not fire when they were moved, taken out, or never set", async () => {
    const quiet = [timedIn(deadlines, 10), timedIn(deadlines, 10), timedIn(deadlines, Infinity)];
    const [moved, removed] = quiet as [Timer, Timer];
    let fired = 0;
    for (const timed of quiet) void timed.fired.then(() => fired++);
    moved.deadlineAtMs = deadlines.after(60_000);
    deadlines.delete(removed);
    await whileAlive(timedIn(deadlines, 100).fired);
    assert.equal(fired, 0);
    deadlines.delete(moved);
  });

  test("may set a new one while they fire", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = 3;
    const timed: Timed = {
      deadlineAtMs: deadlines.after(1),
      onDeadline: () => {
        if (--left === 0) resolve();
        timed.deadlineAtMs = deadlines.after(1);
      },
    };
    deadlines.add(timed);
    await whileAlive(promise);
    deadlines.delete(timed);
  });

  test("are not used up by a stalled event loop (O6)", async () => {
    const own = new Deadlines();
    const timed = timedIn(own, 200);
    let hasFired = false;
    void timed.fired.then(() => (hasFired = true));
    const untilMs = performance.now() + 500;
    while (performance.now() < untilMs);
    const afterStall = timedIn(own, 200);
    const setAtMs = performance.now();
    // What came in during the stall must be read before anybody is told that it is late.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(hasFired, false);
    assert.ok((await whileAlive(afterStall.fired)) - setAtMs >= 200);
    own.stop();
  });

  test("know the date as HTTP writes it", () => {
    assert.match(
      deadlines.httpDate,
      /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
    );
    assert.ok(Math.abs(Date.parse(deadlines.httpDate) - Date.now()) < 5000);
  });
});
