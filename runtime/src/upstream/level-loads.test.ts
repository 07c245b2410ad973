import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { levelLoads } from "./level-loads.ts";

const RULES = { overprovisioningFactor: 140, healthyPanicThreshold: 0 };

/** Loads in whole percent of levels of a weight of 100, of which so much is healthy; `!` for panic. */
function loads(healthy: readonly number[], rules: Partial<typeof RULES> = {}): string {
  const levels = healthy.map((usable) => ({ total: 100, healthy: usable, usable }));
  return levelLoads(levels, { ...RULES, ...rules })
    .map(({ load, isPanic }) => `${Math.round(load * 100)}${isPanic ? "!" : ""}`)
    .join(" ");
}

describe("the loads of priority levels", () => {
  // Envoy's table for two levels, "Priority levels" of its documentation.
  for (const [first, second, expected] of [
    [100, 100, "100 0"],
    [72, 72, "100 0"],
    [71, 71, "99 1"],
    [50, 50, "70 30"],
    [25, 100, "35 65"],
    [25, 25, "50 50"],
    [0, 100, "0 100"],
  ] as const) {
    test(`are ${expected} with ${first} % and ${second} % healthy`, () => {
      assert.equal(loads([first, second]), expected);
    });
  }

  test("go over all levels in turn", () => {
    assert.equal(loads([25, 25, 100]), "35 35 30");
    assert.equal(loads([20, 20, 20]), "33 33 33");
    assert.equal(loads([0, 0, 100]), "0 0 100");
  });

  test("go to the first when nothing is healthy anywhere", () => {
    assert.equal(loads([0, 0]), "100 0");
  });

  test("follow the overprovisioning factor", () => {
    assert.equal(loads([50, 100], { overprovisioningFactor: 200 }), "100 0");
    assert.equal(loads([50, 100], { overprovisioningFactor: 100 }), "50 50");
  });

  test("are whole, however they are cut", () => {
    for (let n = 0; n < 200; n++) {
      const healthy = [n % 7, n % 11, n % 13, n % 17].map((each) => each * 6);
      const levels = healthy.map((usable) => ({ total: 100, healthy: usable, usable }));
      const sum = levelLoads(levels, RULES).reduce((total, { load }) => total + load, 0);
      assert.ok(Math.abs(sum - 1) < 1e-6, `${sum} of ${healthy.join()}`);
    }
  });
});

describe("panic", () => {
  const at50 = { healthyPanicThreshold: 50 };

  // Envoy's tables of "Panic threshold" with a threshold of 50 %.
  for (const [healthy, expected] of [
    [[72, 72], "100 0"],
    [[71, 71], "99 1"],
    [[50, 60], "70 30"],
    [[25, 100], "35 65"],
    [[25, 25], "50! 50!"],
    [[5, 65], "7! 93"],
  ] as const) {
    test(`with ${healthy.join(" % and ")} % healthy: ${expected}`, () => {
      // Of the last the sum is 98 %, so that the first level is in panic though the second carries nearly all.
      assert.equal(loads(healthy, at50), expected);
    });
  }

  test("of a single level begins below the threshold, not at it", () => {
    assert.equal(loads([50], at50), "100");
    assert.equal(loads([49], at50), "100!");
    assert.equal(loads([0], at50), "100!");
  });

  test("of all levels shares requests by their weights", () => {
    const levels = [
      { total: 300, healthy: 0, usable: 0 },
      { total: 100, healthy: 10, usable: 10 },
    ];
    const got = levelLoads(levels, { ...RULES, ...at50 });
    assert.deepEqual(got, [
      { load: 0.75, isPanic: true },
      { load: 0.25, isPanic: true },
    ]);
  });

  test("is never with a threshold of 0", () => {
    assert.equal(loads([0, 1]), "0 100");
  });

  test("is about health: circuit breakers that are open do not begin it", () => {
    const levels = [{ total: 100, healthy: 100, usable: 10 }];
    assert.equal(levelLoads(levels, { ...RULES, ...at50 })[0]?.isPanic, false);
  });
});
