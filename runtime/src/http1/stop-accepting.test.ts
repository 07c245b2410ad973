import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Listener } from "../platform/socket.ts";
import { stopAccepting } from "./stop-accepting.ts";

interface Queue {
  turns: number;
  turnsAtClose: number;
}

/** A listener that gets a connection in each of the first `busyTurns` turns. */
async function stopAfter(busyTurns: number): Promise<Queue> {
  const queue = { turns: 0, turnsAtClose: -1 };
  const listener: Listener = {
    address: { host: "127.0.0.1", port: 1 },
    prepareToClose: () => Promise.resolve(),
    close: () => {
      queue.turnsAtClose = queue.turns;
    },
  };
  const turn = (): Promise<void> => {
    queue.turns++;
    return new Promise((resolve) => setImmediate(resolve));
  };
  await stopAccepting(listener, () => Math.min(queue.turns, busyTurns), turn);
  return queue;
}

describe("a listener that is to close", () => {
  test("waits until nobody has come for two turns", async () => {
    const { turns, turnsAtClose } = await stopAfter(7);
    assert.ok(turnsAtClose >= 9, `closed after ${turnsAtClose} turns`);
    assert.equal(turns, turnsAtClose);
  });

  test("closes all the same when there is no end to it", async () => {
    const { turnsAtClose } = await stopAfter(Infinity);
    assert.ok(turnsAtClose > 0);
  });
});
