// The circuit breaker against a second one that was written from the rules alone, through thousands of random calls, waits
// and orders of operators.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTABLE_STATES } from "../../config/upstream-model.ts";
import type { CircuitBreakerConfig, SettableState } from "../../config/upstream-model.ts";
import { FakeClock, breakerConfig, seededRandom } from "../upstreams.testing.ts";
import { BREAKER_STATES, CircuitBreaker } from "./circuit-breaker.ts";
import type { BreakerState, Permit } from "./circuit-breaker.ts";
import { ModelBreaker } from "./model.testing.ts";

const SETTABLE: readonly SettableState[] = SETTABLE_STATES;
const RUNS = 200;
const STEPS = 250;

interface CallUnderWay {
  readonly permit: Permit;
  readonly period: number;
}

class Comparison {
  readonly #clock = new FakeClock();
  readonly #random: () => number;
  readonly #breaker: CircuitBreaker;
  readonly #model: ModelBreaker;
  readonly #underWay: CallUnderWay[] = [];
  readonly states: BreakerState[] = ["closed"];
  #history = "";

  constructor(config: CircuitBreakerConfig, random: () => number) {
    this.#random = random;
    this.#breaker = new CircuitBreaker({
      config,
      clock: this.#clock,
      onChange: (transition) => {
        if (transition === undefined) return;
        assert.equal(transition.from, this.states.at(-1));
        this.states.push(transition.to);
      },
    });
    this.#model = new ModelBreaker(config);
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      this.#compare();
    }
    this.#breaker.stop();
    assert.equal(this.#clock.waiting, 0);
  }

  async #step(): Promise<void> {
    const chance = this.#random();
    const nowMs = this.#clock.nowMs();
    if (chance < 0.4) return this.#begin(nowMs);
    if (chance < 0.82) return this.#end(nowMs);
    if (chance < 0.98) return this.#wait(this.#random() < 0.2 ? 5000 : 400);
    const state = SETTABLE[Math.floor(this.#random() * SETTABLE.length)] ?? "closed";
    this.#history += ` set ${state};`;
    this.#breaker.set(state, "a test says so");
    this.#model.set(state, nowMs);
  }

  #begin(nowMs: number): void {
    if (!this.#breaker.permits) return;
    this.#history += " begin;";
    const permit = this.#breaker.begin();
    this.#model.begin(nowMs);
    this.#underWay.push({ permit, period: this.#model.period });
  }

  #end(nowMs: number): void {
    const at = Math.floor(this.#random() * this.#underWay.length);
    const [call] = this.#underWay.splice(at, 1);
    if (call === undefined) return;
    const chance = this.#random();
    this.#history += ` end ${chance.toFixed(2)};`;
    if (chance < 0.1) {
      this.#breaker.release(call.permit);
      return this.#model.release(call.period);
    }
    const isFailure = chance < 0.45;
    const durationMs = chance > 0.8 ? 1001 : 1000;
    this.#breaker.record(call.permit, isFailure, durationMs);
    this.#model.record(call.period, isFailure, durationMs, nowMs);
  }

  async #wait(upToMs: number): Promise<void> {
    const byMs = Math.ceil(this.#random() * upToMs);
    this.#history += ` wait ${byMs};`;
    await this.#clock.advance(byMs);
    this.#model.passTo(this.#clock.nowMs());
  }

  #compare(): void {
    const nowMs = this.#clock.nowMs();
    const { calls, failures, slow } = this.#model.counts(nowMs);
    const { permits } = this.#breaker;
    // While it is open it shows what opened it, which decides nothing.
    const rates = this.#breaker.state === "open" ? undefined : this.#breaker.rates;
    const percent = (count: number): number => (calls === 0 ? 0 : (count / calls) * 100);
    const expected = {
      states: this.#model.states.join(),
      permits: this.#model.permits(nowMs),
      rates: rates && { calls, failureRate: percent(failures), slowCallRate: percent(slow) },
    };
    assert.deepEqual({ states: this.states.join(), permits, rates }, expected, this.#history);
    assert.equal(this.#breaker.state, this.states.at(-1));
  }
}

for (const slidingWindowType of ["COUNT_BASED", "TIME_BASED"] as const) {
  test(`a ${slidingWindowType} circuit breaker does what its rules say, whatever happens`, async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < RUNS; seed++) {
      const random = seededRandom(seed);
      const between = (least: number, most: number): number =>
        least + Math.floor(random() * (most - least + 1));
      const slidingWindowSize = between(1, 8);
      const config = breakerConfig({
        slidingWindowType,
        slidingWindowSize,
        minimumNumberOfCalls: between(
          1,
          slidingWindowType === "COUNT_BASED" ? slidingWindowSize : 8,
        ),
        failureRateThreshold: between(20, 100),
        slowCallRateThreshold: between(20, 100),
        permittedNumberOfCallsInHalfOpenState: between(1, 4),
        maxWaitDurationInHalfOpenStateMs: random() < 0.4 ? between(200, 900) : 0,
        automaticTransitionFromOpenToHalfOpenEnabled: random() < 0.3,
      });
      const comparison = new Comparison(config, random);
      await comparison.run();
      for (const [at, state] of comparison.states.entries()) {
        if (at > 0) seen.add(`${comparison.states[at - 1]} > ${state}`);
      }
    }
    // All ways that a state has: those by itself, and those that an operator may take.
    const settable: readonly BreakerState[] = SETTABLE;
    const ways = BREAKER_STATES.flatMap((from) =>
      BREAKER_STATES.filter((to) => to !== from && (settable.includes(to) || from === "open")).map(
        (to) => `${from} > ${to}`,
      ),
    );
    assert.deepEqual([...seen].toSorted(), ways.toSorted());
  });
}
