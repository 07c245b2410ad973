import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { QuickClock } from "./quick-clock.testing.ts";
import { seededRandom } from "../routing/seeded-random.testing.ts";
import { backOffMs } from "./back-off.ts";
import { DEFAULT_RETRY_BUDGET, RetryBudget } from "./retry-budget.ts";

const BACK_OFF = { baseIntervalMs: 25, maxIntervalMs: 250 };
const MAX_RETRIES = 3;

interface Simulation {
  readonly requestsPerSecond: number;
  /** How long a try takes to fail, ms. */
  readonly failsAfterMs: number;
  readonly seconds: number;
}

/** Every try of an upstream that is down fails; each second's first tries and retries. */
function simulate({ requestsPerSecond, failsAfterMs, seconds }: Simulation): {
  requests: number;
  retriesBySecond: number[];
} {
  const clock = new QuickClock();
  const random = seededRandom(7);
  const budget = new RetryBudget(DEFAULT_RETRY_BUDGET, clock);
  const retriesBySecond = Array.from({ length: seconds + 2 }, () => 0);
  let requests = 0;
  const attempt = (retry: number): void => {
    clock.after(failsAfterMs, () => {
      if (retry > 0) budget.endRetry();
      if (retry === MAX_RETRIES || !budget.take()) return budget.endRequest();
      const second = Math.floor(clock.nowMs() / 1000);
      retriesBySecond[second] = (retriesBySecond[second] ?? 0) + 1;
      clock.after(backOffMs(BACK_OFF, retry + 1, random), () => attempt(retry + 1));
    });
  };
  for (let n = 0; n < requestsPerSecond * seconds; n++) {
    clock.after((n * 1000) / requestsPerSecond, () => {
      requests++;
      budget.beginRequest();
      attempt(0);
    });
  }
  clock.advance((seconds + 2) * 1000);
  return { requests, retriesBySecond };
}

describe("a retry budget of 20 percent, while the upstream is down and three retries are allowed (O4)", () => {
  for (const [what, failsAfterMs] of [
    ["refuses at once", 1],
    ["answers 503 after 50 ms", 50],
    ["hangs for a second", 1000],
  ] as const) {
    test(`lets a fifth more through of 1000 requests a second to one that ${what}`, () => {
      const { requests, retriesBySecond } = simulate({
        requestsPerSecond: 1000,
        failsAfterMs,
        seconds: 5,
      });
      const retries = retriesBySecond.reduce((sum, count) => sum + count, 0);
      assert.equal(requests, 5000);
      assert.ok(retries <= requests * 0.2 + 3, `${retries} retries`);
      assert.ok(retries >= requests * 0.1, `only ${retries} retries`);
    });
  }

  test("lets three a second through when there are few requests", () => {
    const { retriesBySecond } = simulate({ requestsPerSecond: 2, failsAfterMs: 1, seconds: 6 });
    assert.ok(Math.max(...retriesBySecond) <= 4, String(retriesBySecond));
    assert.ok(Math.max(...retriesBySecond) >= 2, String(retriesBySecond));
  });
});

describe("a retry budget", () => {
  test("counts what is under way for longer than a second", () => {
    const clock = new QuickClock();
    const budget = new RetryBudget({ budgetPercent: 50, minRetryConcurrency: 0 }, clock);
    for (let n = 0; n < 4; n++) budget.beginRequest();
    assert.deepEqual([budget.take(), budget.take(), budget.take()], [true, true, false]);
    clock.advance(5000);
    assert.equal(budget.take(), false);
    budget.endRetry();
    budget.endRetry();
    assert.equal(budget.take(), true);
  });

  test("forgets requests and retries after a second", () => {
    const clock = new QuickClock();
    const budget = new RetryBudget({ budgetPercent: 100, minRetryConcurrency: 0 }, clock);
    budget.beginRequest();
    budget.endRequest();
    assert.equal(budget.take(), true);
    budget.endRetry();
    assert.equal(budget.take(), false);
    clock.advance(1100);
    assert.equal(budget.take(), false);
    budget.beginRequest();
    assert.equal(budget.take(), true);
  });

  test("of nothing lets nothing through", () => {
    const budget = new RetryBudget({ budgetPercent: 0, minRetryConcurrency: 0 }, new QuickClock());
    budget.beginRequest();
    assert.equal(budget.take(), false);
  });
});
