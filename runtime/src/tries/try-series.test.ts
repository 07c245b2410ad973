import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GatewayError } from "../errors.ts";
import type { Exchange, TryKind } from "../exchange.ts";
import type { Admission } from "../upstream/admission.ts";
import { QuickClock } from "./quick-clock.testing.ts";
import { RetryBudget } from "./retry-budget.ts";
import { HEDGE, World } from "./try-series.testing.ts";

describe("a series of tries", () => {
  test("waits before a retry, longer each time, and then takes what comes", () => {
    const world = new World({});
    world.series.start();
    world.answer(0, 503);
    world.clock.advance(12);
    assert.equal(world.sent.length, 1);
    world.clock.advance(1);
    assert.equal(world.sent.length, 2);
    world.answer(1, 503);
    world.clock.advance(37);
    assert.equal(world.sent.length, 2);
    world.clock.advance(1);
    world.answer(2, 503);
    assert.deepEqual(world.events, ["head 503"]);
  });

  test("ends with the failure of the last one", () => {
    const world = new World({ numRetries: 1 });
    world.series.start();
    world.fault(0, "upstream_reset");
    world.clock.advance(100);
    world.fault(1, "upstream_timeout");
    assert.deepEqual(world.events, ["fail upstream_timeout"]);
    assert.deepEqual(
      world.exchange.tries?.map(({ isOver }) => isOver),
      [true, true],
    );
  });

  test("drops what a discarded response still sends", () => {
    const world = new World({});
    world.series.start();
    world.answer(0, 503);
    world.body(0, "poison");
    world.clock.advance(100);
    world.body(0, "poison");
    world.answer(1, 200);
    world.body(1, "fine");
    world.end(1);
    assert.deepEqual(world.events, ["head 200", "body fine", "end"]);
    assert.equal(world.sent[0]?.isAborted, true);
  });

  test("that is stopped sends nothing more", () => {
    const world = new World({});
    world.series.start();
    world.answer(0, 503);
    world.series.stop();
    world.clock.advance(1000);
    assert.equal(world.sent.length, 1);
  });

  test("repeats one on a kept connection that was stale at once, on a new one, and only once", () => {
    const world = new World({ numRetries: 0 });
    world.series.start();
    world.fault(0, "upstream_stale");
    assert.equal(world.sent[1]?.call.isFresh, true);
    world.fault(1, "upstream_stale");
    assert.deepEqual(world.events, ["fail upstream_stale"]);
  });

  test("repeats a POST only when nothing of it went out (F10)", () => {
    for (const code of ["upstream_reset", "upstream_timeout"] as const) {
      const world = new World({}, { method: "POST" });
      world.series.start();
      world.fault(0, code);
      assert.deepEqual(world.events, [`fail ${code}`]);
    }
    const world = new World({}, { method: "POST" });
    world.series.start();
    world.exchange.forwardedAtMs = 0;
    world.fault(0, "upstream_connect_failed");
    world.clock.advance(100);
    assert.equal(world.sent.length, 2);
  });

  test("does not wait for a retry that would come after the request's limit", () => {
    const world = new World({});
    world.exchange.timeLimit = { deadlineAtMs: 12, endsAtMs: 12 } as Exchange["timeLimit"]; // All that is read of it.
    world.series.start();
    world.answer(0, 503);
    assert.deepEqual(world.events, ["head 503"]);
  });

  test("asks for each try to be let in, and tells that each has left", () => {
    const log: string[] = [];
    const admission: Admission = {
      enter: (_, kind) => void log.push(`enter ${kind}`),
      leave: (_, kind: TryKind) => void log.push(`leave ${kind}`),
    };
    const world = new World({ hedge: HEDGE }, { admission });
    world.series.start();
    world.clock.advance(10);
    world.fault(0, "upstream_reset");
    world.answer(1, 503);
    world.clock.advance(100);
    world.answer(2, 200);
    world.series.stop();
    assert.deepEqual(log, [
      "enter first",
      "enter hedge",
      "leave first",
      "leave hedge",
      "enter retry",
      "leave retry",
    ]);
  });

  test("ends with the first failure when a retry is not let in", () => {
    const refused = new GatewayError("overloaded", "");
    const admission: Admission = {
      enter: (_, kind) => (kind === "first" ? undefined : refused),
      leave: () => undefined,
    };
    const world = new World({}, { admission });
    world.series.start();
    world.fault(0, "upstream_reset");
    world.clock.advance(100);
    assert.deepEqual(world.events, ["fail upstream_reset"]);
  });

  test("gives its places in the budget back, however it ends", () => {
    for (const finish of [
      (world: World) => world.answer(1, 200),
      (world: World) => world.fault(1, "upstream_reset"),
      (world: World) => world.series.stop(),
    ]) {
      const clock = new QuickClock();
      const fresh = new RetryBudget({ budgetPercent: 0, minRetryConcurrency: 1 }, clock);
      const world = new World({ budget: fresh });
      world.series.start();
      world.fault(0, "upstream_reset");
      world.clock.advance(100);
      finish(world);
      world.series.stop();
      clock.advance(1200);
      assert.equal(fresh.take(), true);
    }
  });
});
