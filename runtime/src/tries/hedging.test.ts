import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HEDGE, World } from "./try-series.testing.ts";

describe("a hedged series", () => {
  test("sends a second one to another target after the delay, and gives the slower one up", () => {
    const world = new World({ hedge: HEDGE });
    world.series.start();
    world.clock.advance(9);
    assert.equal(world.sent.length, 1);
    world.clock.advance(1);
    assert.equal(world.sent.length, 2);
    assert.notEqual(world.sent[0]?.call.target, world.sent[1]?.call.target);
    world.answer(1, 200);
    world.body(1, "second");
    world.end(1);
    assert.deepEqual(world.events, ["head 200", "body second", "end"]);
    assert.equal(world.sent[0]?.isAborted, true);
    assert.equal(world.exchange.status, 200);
    assert.equal(world.exchange.upstream, undefined);
    assert.deepEqual(world.counts.hedges({}), [{ labels: { outcome: "won" }, value: 1 }]);
  });

  test("keeps the winner's head from what the loser was told", () => {
    const world = new World({ hedge: HEDGE });
    world.series.start();
    world.clock.advance(10);
    world.answer(0, 204, "X-First: 1");
    assert.equal(world.exchange.responseFields.get("x-first"), "1");
    assert.equal(world.sent[1]?.isAborted, true);
    assert.deepEqual(world.counts.hedges({}), [{ labels: { outcome: "lost" }, value: 1 }]);
  });

  test("waits for the other one when one is not good enough", () => {
    const world = new World({ hedge: HEDGE, numRetries: 0 });
    world.series.start();
    world.clock.advance(10);
    world.answer(0, 503);
    world.fault(1, "upstream_reset");
    assert.deepEqual(world.events, ["fail upstream_reset"]);
  });

  test("keeps the winner's connection when it comes right behind what was discarded", async () => {
    const world = new World({ hedge: HEDGE });
    world.series.start();
    world.clock.advance(10);
    world.answer(0, 503);
    world.answer(1, 200);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      world.sent.map(({ isAborted }) => isAborted),
      [true, false],
    );
    world.body(1, "second");
    assert.deepEqual(world.events, ["head 200", "body second"]);
  });

  test("has no more tries at once than max_attempts", () => {
    const hedge = { ...HEDGE, initialRequests: 3, additionalRequestChance: 1, maxAttempts: 3 };
    const world = new World({ hedge });
    world.series.start();
    world.clock.advance(100);
    assert.equal(world.sent.length, 3);
  });

  test("stays single without another target", () => {
    const world = new World({ hedge: HEDGE }, { targets: 1 });
    world.series.start();
    world.clock.advance(100);
    assert.equal(world.sent.length, 1);
    assert.equal(world.exchange.tries?.length, 1);
  });
});
