import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CallDeadline } from "./call-deadline.ts";

/** A deadline at 100 ms on clocks that the test moves. */
function deadlineAt100() {
  const clock = { nowMs: 0, usedMs: 0 };
  const deadline = new CallDeadline(
    () => clock.nowMs,
    () => clock.usedMs,
  );
  deadline.set(100);
  /** Time goes by, of which the guest had a share of the processor. */
  const pass = (ms: number, share: number): boolean => {
    clock.nowMs += ms;
    clock.usedMs += ms * share;
    return deadline.isOver(0);
  };
  return { deadline, pass };
}

describe("the deadline of a call", () => {
  test("is not over before its time", () => {
    const { pass } = deadlineAt100();
    assert.equal(pass(100, 1), false);
  });

  test("is over soon after its time for a guest that runs", () => {
    const { pass } = deadlineAt100();
    assert.deepEqual([pass(101, 1), pass(5, 1), pass(5, 1)], [false, false, true]);
  });

  test("waits for a guest that did not get the processor", () => {
    const { pass } = deadlineAt100();
    assert.deepEqual([pass(500, 0), pass(50, 0.01), pass(50, 0.01)], [false, false, false]);
    assert.equal(pass(10, 1), true);
  });

  test("is over at last, whoever had the processor", () => {
    const { pass } = deadlineAt100();
    pass(101, 0);
    assert.equal(pass(1999, 0), false);
    assert.equal(pass(10, 0), true);
  });

  test("is later with a grace", () => {
    const { deadline, pass } = deadlineAt100();
    pass(120, 1);
    assert.equal(deadline.isOver(25), false);
  });

  test("is new with each call", () => {
    const { deadline, pass } = deadlineAt100();
    pass(101, 1);
    assert.equal(pass(10, 1), true);
    deadline.set(300);
    assert.equal(pass(189, 1), false);
    assert.equal(pass(1, 1), false);
    assert.equal(pass(10, 1), true);
  });
});
