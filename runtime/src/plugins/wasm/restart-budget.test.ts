import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RestartBudget } from "./restart-budget.ts";

function budgetOf(isExponential: boolean): { budget: RestartBudget; clock: { nowMs: number } } {
  const clock = { nowMs: 1000 };
  return { budget: new RestartBudget(isExponential, () => clock.nowMs), clock };
}

describe("the budget for restarts", () => {
  test("has room for some crashes at once, then for ten each second", () => {
    const { budget } = budgetOf(false);
    const waits = Array.from({ length: 13 }, () => budget.spend());
    assert.deepEqual(
      waits.slice(0, 10),
      Array.from({ length: 10 }, () => 0),
    );
    assert.deepEqual(waits.slice(10), [100, 200, 300]);
  });

  test("earns back what time brings, and no more than it had", () => {
    const { budget, clock } = budgetOf(false);
    for (let crash = 0; crash < 10; crash++) budget.spend();
    clock.nowMs += 200;
    assert.deepEqual([budget.spend(), budget.spend(), budget.spend()], [0, 0, 100]);
    clock.nowMs += 1e9;
    const waits = Array.from({ length: 11 }, () => budget.spend());
    assert.deepEqual(waits.at(-1), 100);
  });
});

describe("exponential back-off", () => {
  const within = (waitMs: number, mostMs: number): void => {
    assert.ok(waitMs <= mostMs && waitMs >= mostMs * 0.8, `${waitMs} of ${mostMs}`);
  };

  test("waits for nothing after a single crash", () => {
    const { budget, clock } = budgetOf(true);
    assert.equal(budget.spend(), 0);
    clock.nowMs += 10_001;
    assert.equal(budget.spend(), 0);
  });

  test("doubles with each crash of a series, from 1 s to 60 s", () => {
    const { budget, clock } = budgetOf(true);
    budget.spend();
    for (const mostMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      const waitMs = budget.spend();
      within(waitMs, mostMs);
      clock.nowMs += waitMs;
    }
  });

  test("begins anew when all went well for ten seconds", () => {
    const { budget, clock } = budgetOf(true);
    budget.spend();
    within(budget.spend(), 1000);
    clock.nowMs += 1000 + 10_001;
    assert.equal(budget.spend(), 0);
  });
});
