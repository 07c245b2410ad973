// The shared store under real threads.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { createSharedMemory } from "./layout.ts";
import type { SharedMemory } from "./layout.ts";
import { SharedStore } from "./shared-store.ts";
import type { ThreadTask } from "./store-thread.testing.ts";

const THREADS = [1, 2, 3];

function start(kind: ThreadTask["kind"], memory: SharedMemory, holder: number, rounds = 0): Worker {
  const workerData: ThreadTask = { kind, memory, holder, rounds };
  return new Worker(new URL("./store-thread.testing.ts", import.meta.url), { workerData });
}

/** What the threads saw, when all of them are done. */
async function run(
  kind: ThreadTask["kind"],
  memory: SharedMemory,
  rounds: number,
): Promise<number[][]> {
  const workers = THREADS.map((holder) => start(kind, memory, holder, rounds));
  return Promise.all(
    workers.map(async (worker) => {
      const ended = once(worker, "exit");
      const [seen] = await once(worker, "message");
      await ended;
      return seen as number[]; // See TASKS.
    }),
  );
}

function storeOf(memory: SharedMemory): SharedStore {
  return new SharedStore(memory, {
    holder: 99,
    now: () => performance.timeOrigin + performance.now(),
  });
}

describe("SharedStore with several threads", () => {
  test("counts each of 3 times 100,000 increments (R4)", async () => {
    const memory = createSharedMemory({ maxEntries: 100, maxBytes: 100_000 });
    await run("count", memory, 100_000);
    const store = storeOf(memory);
    for (let n = 0; n < 10; n++) assert.equal(store.get(`key ${n}`), "30000");
  });

  test("gives each number once between two expiries", async () => {
    const memory = createSharedMemory({ maxEntries: 100, maxBytes: 100_000 });
    const times: number[] = [];
    for (const seen of await run("countWithExpiry", memory, 100_000)) {
      for (const [value, count] of seen.entries()) times[value] = (times[value] ?? 0) + count;
    }
    assert.equal(
      times.reduce((sum, each) => sum + each, 0),
      300_000,
    );
    assert.ok((times[1] ?? 0) > 1, "nothing expired");
    // Who counts to 5 came past 4: a number that came more often than the one before it was given twice.
    for (let value = 2; value < times.length; value++) {
      assert.ok((times[value] ?? 0) <= (times[value - 1] ?? 0), `${value} came too often`);
    }
  });

  test("lets one of several threads win each compareAndSet, and tells the others", async () => {
    const memory = createSharedMemory({ maxEntries: 100, maxBytes: 100_000 });
    const wins = (await run("compareAndSet", memory, 50_000)).flat();
    assert.ok(wins.every((each) => each > 0));
    assert.equal(
      Number(storeOf(memory).get("key")),
      wins.reduce((sum, each) => sum + each, 0),
    );
  });

  test("never shows a torn value while entries are replaced and dropped", async () => {
    const memory = createSharedMemory({ maxEntries: 20, maxBytes: 8000, shards: 2 });
    assert.deepEqual(await run("replace", memory, 30_000), [[0], [0], [0]]);
  });

  test("goes on when a thread has ended with all locks", async () => {
    const memory = createSharedMemory({ maxEntries: 100, maxBytes: 100_000 });
    const store = storeOf(memory);
    store.set("kept", "value", 0);
    const worker = start("holdLocks", memory, 7);
    await once(worker, "exit");
    assert.equal(store.releaseLocksOf(6), 0);
    assert.equal(store.releaseLocksOf(7), memory.shards);
    assert.equal(store.get("kept"), "value");
  });

  test("goes on, whole, when threads are killed in the middle of anything", async () => {
    const memory = createSharedMemory({ maxEntries: 20, maxBytes: 8000, shards: 1 });
    const store = storeOf(memory);
    for (let holder = 1; holder <= 8; holder++) {
      const worker = start("replace", memory, holder, 1e9);
      await once(worker, "online");
      // Not before it is at work: it is the only one to write.
      while (store.get(`key ${holder}`) === undefined) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await worker.terminate();
      store.releaseLocksOf(holder);
      for (let n = 0; n < 200; n++) {
        store.set(`key ${n % 40}`, "v".repeat(n), 0);
        assert.equal(store.get(`key ${n % 40}`)?.length, n);
      }
      for (let n = 0; n < 40; n++) store.delete(`key ${n}`);
    }
  });
});
