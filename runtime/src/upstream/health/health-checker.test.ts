import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ActiveCheckConfig } from "../../config/upstream-model.ts";
import type { Target } from "../target.ts";
import { FakeClock, activeCheck, manyTargets } from "../upstreams.testing.ts";
import { HealthChecker } from "./health-checker.ts";
import type { Probe, ProbeResult } from "./probe.ts";

interface Checking {
  readonly clock: FakeClock;
  readonly checker: HealthChecker;
  /** `time name` of each probe. */
  readonly probes: string[];
  readonly results: string[];
}

const GOOD: Probe = () => Promise.resolve({ kind: "status", status: 200 });

function check(
  targets: readonly Target[],
  config: Partial<ActiveCheckConfig> = {},
  probe: (checking: { clock: FakeClock }) => Probe = () => GOOD,
): Checking {
  const clock = new FakeClock();
  const probes: string[] = [];
  const results: string[] = [];
  const ask = probe({ clock });
  const checker = new HealthChecker({
    config: activeCheck(config),
    targets: () => targets,
    clock,
    probe: (target, signal) => {
      probes.push(`${clock.nowMs()} ${target.id}`);
      return ask(target, signal);
    },
    onResult: (target, result) => {
      results.push(`${clock.nowMs()} ${target.id} ${result.kind}`);
    },
  });
  checker.start();
  return { clock, checker, probes, results };
}

describe("a health checker", () => {
  test("probes every target at once and then at each interval", async () => {
    const { clock, probes, checker } = check(manyTargets(2), { healthyIntervalMs: 500 });
    await clock.advance(1200);
    assert.deepEqual(probes, ["0 t0", "0 t1", "500 t0", "500 t1", "1000 t0", "1000 t1"]);
    checker.stop();
  });

  test("probes healthy and unhealthy targets each at their own interval, 0 for not at all", async () => {
    const targets = manyTargets(2);
    targets[1]?.state?.health.set(false);
    const intervals = { healthyIntervalMs: 1000, unhealthyIntervalMs: 400 };
    const both = check(targets, intervals);
    await both.clock.advance(900);
    assert.deepEqual(both.probes, ["0 t0", "0 t1", "400 t1", "800 t1"]);
    both.checker.stop();
    const healthyOnly = check(targets, { ...intervals, unhealthyIntervalMs: 0 });
    await healthyOnly.clock.advance(1500);
    assert.deepEqual(healthyOnly.probes, ["0 t0", "1000 t0"]);
    healthyOnly.checker.stop();
  });

  test("has no more probes under way than it may, and starts no round before the last one is over", async () => {
    let underWay = 0;
    let most = 0;
    const slow = ({ clock }: { clock: FakeClock }): Probe => {
      return () => {
        most = Math.max(most, ++underWay);
        const { promise, resolve } = Promise.withResolvers<ProbeResult>();
        clock.after(300, () => {
          underWay--;
          resolve({ kind: "timeout" });
        });
        return promise;
      };
    };
    const { clock, probes, checker } = check(manyTargets(8), { concurrency: 2 }, slow);
    await clock.advance(1201);
    assert.equal(most, 2);
    const starts = probes.map((line) => Number(line.split(" ")[0]));
    // 4 times 300 ms: longer than the interval.
    assert.deepEqual(starts, [0, 0, 300, 300, 600, 600, 900, 900, 1201, 1201]);
    checker.stop();
  });

  test("does not spin when probes fail at once and the interval is tiny", async () => {
    const { clock, probes, checker } = check(manyTargets(1), { healthyIntervalMs: 0.001 });
    await clock.advance(10);
    assert.ok(probes.length <= 11, `${probes.length} probes in 10 ms`);
    checker.stop();
  });

  test("leaves nothing behind when it stops, and says nothing of what was under way", async () => {
    const never: Probe = (_target, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve({ kind: "timeout" }));
      });
    const { clock, checker, results } = check(manyTargets(3), {}, () => never);
    await clock.advance(100);
    checker.stop();
    await clock.advance(5000);
    assert.deepEqual(results, []);
    assert.equal(clock.waiting, 0);
  });
});
