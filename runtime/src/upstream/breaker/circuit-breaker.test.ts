import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CircuitBreakerConfig } from "../../config/upstream-model.ts";
import { FakeClock, breakerConfig, seededRandom } from "../upstreams.testing.ts";
import { CircuitBreaker, NO_TRANSITIONS } from "./circuit-breaker.ts";
import type { BreakerState } from "./circuit-breaker.ts";

class Trial {
  readonly clock: FakeClock = new FakeClock();
  readonly transitions: string[] = [];
  changes = 0;
  readonly breaker: CircuitBreaker;

  constructor(config: Partial<CircuitBreakerConfig> = {}) {
    this.breaker = new CircuitBreaker({
      config: breakerConfig(config),
      clock: this.clock,
      onChange: (transition) => {
        this.changes++;
        if (transition === undefined) return;
        this.transitions.push(`${transition.from} > ${transition.to}: ${transition.reason}`);
      },
    });
  }

  get state(): BreakerState {
    return this.breaker.state;
  }

  /** `+` a good call, `-` one that fails, `s` a slow one, `_` one without a result. */
  calls(outcomes: string): this {
    for (const outcome of outcomes) {
      assert.ok(this.breaker.permits, `no permit for ${outcome} of ${outcomes}`);
      const permit = this.breaker.begin();
      if (outcome === "_") this.breaker.release(permit);
      else this.breaker.record(permit, outcome === "-", outcome === "s" ? 1001 : 1000);
    }
    return this;
  }
}

// By default here: 4 calls, 50 %, a wait of 1 s, 2 trial calls.
describe("a closed circuit breaker", () => {
  const TABLE: readonly [
    calls: string,
    config: Partial<CircuitBreakerConfig>,
    state: BreakerState,
  ][] = [
    ["---", {}, "closed"],
    ["++--", {}, "open"],
    ["+++-", {}, "closed"],
    ["+++--", {}, "open"],
    ["--++", {}, "open"],
    ["-+++-+++-", {}, "closed"],
    ["ssss", {}, "open"],
    ["sss+", {}, "closed"],
    ["+ss+", { slowCallRateThreshold: 50 }, "open"],
    ["---------", { minimumNumberOfCalls: 10, slidingWindowSize: 10 }, "closed"],
    ["----------", { minimumNumberOfCalls: 10, slidingWindowSize: 10 }, "open"],
    ["--", { minimumNumberOfCalls: 2 }, "open"],
    ["++-+", { failureRateThreshold: 25 }, "open"],
    ["__________", {}, "closed"],
    ["-_-_-_-", {}, "open"],
  ];
  for (const [calls, config, state] of TABLE) {
    test(`is ${state} after ${calls} ${JSON.stringify(config)}`, () => {
      const trial = new Trial(config);
      const all = state === "open" ? calls.slice(0, -1) : calls;
      trial.calls(all);
      if (state === "open") {
        assert.equal(trial.state, "closed", "not before the last call");
        trial.calls(calls.slice(-1));
      }
      assert.equal(trial.state, state);
      assert.equal(trial.breaker.permits, state === "closed");
    });
  }

  test("forgets calls that are older than the seconds of a time-based window", async () => {
    const trial = new Trial({ slidingWindowType: "TIME_BASED", slidingWindowSize: 10 });
    trial.calls("-+-");
    await trial.clock.advance(9999);
    assert.equal(trial.breaker.rates.calls, 3);
    await trial.clock.advance(1);
    assert.equal(trial.breaker.rates.calls, 0);
    trial.calls("+++-");
    assert.equal(trial.state, "closed");
    await trial.clock.advance(5000);
    trial.calls("--");
    assert.equal(trial.state, "open");
  });
});

describe("an open circuit breaker", () => {
  test("permits nothing before the wait is over, and then so many trial calls", async () => {
    const trial = new Trial().calls("----");
    await trial.clock.advance(999);
    assert.equal(trial.breaker.permits, false);
    await trial.clock.advance(1);
    assert.equal(trial.state, "open", "no call has come");
    const changes = trial.changes;
    trial.breaker.begin();
    assert.equal(trial.state, "half_open");
    assert.equal(trial.breaker.permits, true);
    trial.breaker.begin();
    assert.equal(trial.breaker.permits, false);
    assert.ok(trial.changes > changes);
  });

  test("is half-open by itself when it may be", async () => {
    const trial = new Trial({ automaticTransitionFromOpenToHalfOpenEnabled: true }).calls("----");
    await trial.clock.advance(1000);
    assert.equal(trial.state, "half_open");
  });

  test("does not count what began before it opened", async () => {
    const trial = new Trial({ permittedNumberOfCallsInHalfOpenState: 1 });
    const late = trial.breaker.begin();
    trial.calls("----");
    trial.breaker.record(late, false, 1);
    assert.equal(trial.state, "open");
    await trial.clock.advance(1000);
    const trialCall = trial.breaker.begin();
    trial.breaker.record(late, true, 1);
    trial.breaker.release(late);
    assert.equal(trial.breaker.permits, false);
    assert.equal(trial.state, "half_open");
    trial.breaker.record(trialCall, false, 1);
    assert.equal(trial.state, "closed");
  });
});

describe("a half-open circuit breaker", () => {
  const halfOpen = async (config: Partial<CircuitBreakerConfig> = {}): Promise<Trial> => {
    const trial = new Trial(config).calls("----");
    await trial.clock.advance(1000);
    return trial;
  };

  for (const [calls, state] of [
    ["++", "closed"],
    ["+-", "open"],
    ["-+", "open"],
    ["ss", "open"],
    ["s+", "closed"],
    ["+", "half_open"],
    ["_+_+", "closed"],
  ] as const) {
    test(`is ${state} after ${calls}`, async () => {
      const trial = (await halfOpen()).calls(calls);
      assert.equal(trial.state, state);
    });
  }

  test("starts to count anew when it closes, and waits anew when it opens", async () => {
    const closed = (await halfOpen()).calls("++");
    closed.calls("---");
    assert.equal(closed.state, "closed");
    const opened = (await halfOpen()).calls("--");
    await opened.clock.advance(999);
    assert.equal(opened.breaker.permits, false);
    await opened.clock.advance(1);
    assert.equal(opened.breaker.permits, true);
    assert.deepEqual(opened.transitions, [
      "closed > open: 100 % of 4 calls failed",
      "open > half_open: the wait is over",
      "half_open > open: 100 % of 2 calls failed",
    ]);
  });

  test("gives a permit back that came to nothing, and says so", async () => {
    const trial = await halfOpen();
    const permits = [trial.breaker.begin(), trial.breaker.begin()];
    const { changes } = trial;
    trial.breaker.release(permits[0] ?? 0);
    assert.equal(trial.breaker.permits, true);
    assert.equal(trial.changes, changes + 1);
  });

  test("opens again when trial calls do not end in time, if there is a limit", async () => {
    const trial = await halfOpen({ maxWaitDurationInHalfOpenStateMs: 500 });
    trial.breaker.begin();
    await trial.clock.advance(500);
    assert.equal(trial.state, "open");
    const patient = await halfOpen();
    patient.breaker.begin();
    await patient.clock.advance(1_000_000);
    assert.equal(patient.state, "half_open");
  });
});

describe("a circuit breaker that an operator has put into a state", () => {
  for (const state of ["disabled", "metrics_only"] as const) {
    test(`lets everything through and never opens: ${state}`, async () => {
      const trial = new Trial();
      trial.breaker.set(state, "set by a test");
      trial.calls("--------");
      await trial.clock.advance(100_000);
      assert.equal(trial.state, state);
      assert.equal(trial.breaker.rates.calls, state === "disabled" ? 0 : 4);
    });
  }

  test("lets nothing through for as long as it is forced open, and begins anew afterwards", async () => {
    const trial = new Trial().calls("---");
    trial.breaker.set("forced_open", "set by a test");
    await trial.clock.advance(100_000);
    assert.deepEqual([trial.state, trial.breaker.permits], ["forced_open", false]);
    assert.equal(trial.breaker.waitLeftMs, undefined);
    trial.breaker.set("closed", "set by a test");
    trial.calls("---");
    assert.equal(trial.state, "closed");
    trial.calls("-");
    assert.equal(trial.state, "open");
    assert.deepEqual(trial.breaker.transitions, {
      ...NO_TRANSITIONS,
      forced_open: 1,
      closed: 1,
      open: 1,
    });
  });

  test("says how long it is still open", async () => {
    const trial = new Trial();
    assert.equal(trial.breaker.waitLeftMs, undefined);
    trial.breaker.set("open", "set by a test");
    await trial.clock.advance(300);
    assert.equal(trial.breaker.waitLeftMs, 700);
    await trial.clock.advance(5000);
    assert.equal(trial.breaker.waitLeftMs, 0);
    assert.equal(trial.breaker.permits, true, "the wait is over as after any opening");
  });

  test("begins in the state that its config says, and tells of it", () => {
    const trial = new Trial({ initialState: "forced_open" });
    assert.equal(trial.breaker.permits, false);
    assert.deepEqual(trial.transitions, ["closed > forced_open: the config says so"]);
  });
});

test("a circuit breaker takes only the ways that its states have, whatever happens to it", async () => {
  const allowed = new Set([
    "closed > open",
    "open > half_open",
    "half_open > open",
    "half_open > closed",
  ]);
  for (let seed = 0; seed < 20; seed++) {
    const random = seededRandom(seed);
    const trial = new Trial({
      slidingWindowType: seed % 2 === 0 ? "COUNT_BASED" : "TIME_BASED",
      maxWaitDurationInHalfOpenStateMs: seed % 3 === 0 ? 300 : 0,
      automaticTransitionFromOpenToHalfOpenEnabled: seed % 5 === 0,
    });
    const underWay: number[] = [];
    for (let step = 0; step < 300; step++) {
      const before = trial.state;
      const chance = random();
      if (chance < 0.45) {
        if (trial.breaker.permits) underWay.push(trial.breaker.begin());
        else assert.notEqual(before, "closed");
      } else if (chance < 0.9) {
        const [permit] = underWay.splice(Math.floor(random() * underWay.length), 1);
        if (permit !== undefined && random() < 0.1) trial.breaker.release(permit);
        else if (permit !== undefined) trial.breaker.record(permit, random() < 0.5, 1);
      } else {
        await trial.clock.advance(random() * 600);
      }
      if (trial.state === "half_open") assert.ok(trial.breaker.rates.calls <= 2);
    }
    let at: string = "closed";
    for (const line of trial.transitions) {
      const [way = ""] = line.split(":");
      assert.ok(allowed.has(way), line);
      assert.equal(way.split(" > ")[0], at);
      at = way.split(" > ")[1] ?? "";
    }
    assert.ok(trial.transitions.length > 3);
    trial.breaker.stop();
    assert.equal(trial.clock.waiting, 0);
  }
});
