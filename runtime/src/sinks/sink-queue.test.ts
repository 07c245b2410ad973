import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../upstream/upstreams.testing.ts";
import type { Item } from "./delivery.ts";
import { SinkCounts } from "./sink-counts.ts";
import type { QueueOptions } from "./sink-options.ts";
import { SinkQueue } from "./sink-queue.ts";

const DEFAULTS: QueueOptions = {
  max_batch_size: 1,
  max_coalescing_delay: 1,
  max_entries: 10_000,
  max_bytes: 1_000_000,
  max_retry_time: 60,
  initial_retry_delay: 0.01,
  max_retry_delay: 60,
  concurrency_limit: 1,
  dead_letter_max_bytes: 1000,
};

/** Everything that is due now has been done: what is scheduled, and promises behind it. */
async function turns(count: number = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A queue whose deliveries succeed, fail, or wait for the test. */
class Bench {
  readonly clock = new FakeClock();
  readonly counts = new SinkCounts("p", "http");
  readonly batches: Item[][] = [];
  readonly spilled: Item[] = [];
  readonly reasons: string[] = [];
  /** What deliveries do; counts down. */
  failures = 0;
  held: { resolve: () => void }[] = [];
  holds = false;
  timesEmpty = 0;
  readonly queue: SinkQueue;

  constructor(options: Partial<QueueOptions> = {}, spill: "none" | "keeps" | "fails" = "none") {
    const keep = (items: readonly Item[]): Promise<void> => {
      if (spill === "fails") return Promise.reject(new Error("disk full"));
      this.spilled.push(...items);
      return Promise.resolve();
    };
    this.queue = new SinkQueue(
      { ...DEFAULTS, ...options },
      {
        delivery: { deliver: (items, signal) => this.#deliver(items, signal) },
        spill: spill === "none" ? undefined : keep,
        counts: this.counts,
        maxEntryBytes: 1000,
        clock: this.clock,
        random: () => 1,
        onGivenUp: (count, reason) => void this.reasons.push(`${count}: ${reason}`),
        onEmpty: () => void this.timesEmpty++,
      },
    );
  }

  #deliver(items: readonly Item[], signal: AbortSignal): Promise<void> {
    this.batches.push([...items]);
    if (this.failures-- > 0) return Promise.reject(new Error("down"));
    if (!this.holds) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.held.push({ resolve });
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  }

  /** Lets so much time pass, step by step, so that what it starts can go on. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await turns();
  }
}

describe("a sink's queue", () => {
  test("sends each entry at once when a batch is one", async () => {
    const bench = new Bench();
    assert.equal(bench.queue.push("a"), true);
    bench.queue.push("b");
    assert.deepEqual(bench.batches, []);
    await turns();
    assert.deepEqual(bench.batches, [["a"], ["b"]]);
    assert.deepEqual([bench.counts.entries.delivered, bench.counts.queued], [2, 0]);
    assert.equal(bench.counts.queuedBytes, 0);
    assert.equal(bench.timesEmpty, 1);
  });

  test("gathers entries until a batch is full or the first one has waited long enough", async () => {
    const bench = new Bench({ max_batch_size: 3 });
    for (const item of ["a", "b", "c", "d"]) bench.queue.push(item);
    await turns();
    assert.deepEqual(bench.batches, [["a", "b", "c"]]);
    await bench.pass(999);
    assert.equal(bench.batches.length, 1);
    await bench.pass(1);
    assert.deepEqual(bench.batches[1], ["d"]);
  });

  test("sends less than a full batch when that would be over 8 MiB", async () => {
    const bench = new Bench({ max_batch_size: 20_000, max_entries: 20_000, max_bytes: 20_000_000 });
    for (let count = 0; count < 10_000; count++) bench.queue.push("x".repeat(1000));
    await bench.queue.flush(new AbortController().signal);
    assert.deepEqual(
      bench.batches.map((batch) => batch.length),
      [8388, 1612],
    );
  });

  test("tries again after delays that double, up to the longest", async () => {
    const bench = new Bench({ initial_retry_delay: 1, max_retry_delay: 3 });
    bench.failures = 4;
    bench.queue.push("a");
    await turns();
    for (const [ms, batches] of [
      [999, 1],
      [1, 2],
      [1999, 2],
      [1, 3],
      [2999, 3],
      [1, 4],
      [3000, 5],
    ] as const) {
      await bench.pass(ms);
      assert.equal(bench.batches.length, batches, `after ${ms} ms`);
    }
    assert.deepEqual([bench.counts.retries, bench.counts.entries.delivered], [4, 1]);
  });

  test("gives a batch up when max_retry_time has passed, and goes on with the next", async () => {
    const bench = new Bench({ initial_retry_delay: 10, max_retry_time: 15 });
    bench.failures = 3;
    bench.queue.push("a");
    bench.queue.push("b");
    await turns();
    await bench.pass(10_000);
    await bench.pass(5000);
    assert.deepEqual(bench.reasons, ["1: down; they are lost"]);
    assert.equal(bench.counts.entries.dropped_failed, 1);
    assert.deepEqual(bench.batches, [["a"], ["a"], ["a"], ["b"]]);
    assert.equal(bench.counts.entries.delivered, 1);
  });

  test("never tries again with a max_retry_time of -1", async () => {
    const bench = new Bench({ max_retry_time: -1 });
    bench.failures = 1;
    bench.queue.push("a");
    await turns();
    assert.deepEqual([bench.batches.length, bench.counts.entries.dropped_failed], [1, 1]);
  });

  test("spills what it gives up, and says so when that fails, too", async () => {
    const kept = new Bench({ max_retry_time: -1 }, "keeps");
    kept.failures = 1;
    kept.queue.push("a");
    await turns();
    assert.deepEqual(kept.spilled, ["a"]);
    assert.equal(kept.counts.entries.spilled, 1);
    const lost = new Bench({ max_retry_time: -1 }, "fails");
    lost.failures = 1;
    lost.queue.push("a");
    await turns();
    assert.deepEqual([lost.counts.entries.spilled, lost.counts.entries.dropped_failed], [0, 1]);
    assert.match(lost.reasons[0] ?? "", /they are lost: disk full/);
  });

  test("O7 drops the oldest entry when it is full, counts it, and never what is on its way", async () => {
    const bench = new Bench({ max_entries: 3 });
    bench.holds = true;
    bench.queue.push("a");
    await turns();
    for (const item of ["b", "c", "d", "e"]) assert.equal(bench.queue.push(item), true);
    assert.equal(bench.counts.entries.dropped_full, 2);
    assert.equal(bench.counts.queued, 3);
    bench.holds = false;
    bench.held[0]?.resolve();
    await turns();
    assert.deepEqual(bench.batches, [["a"], ["d"], ["e"]]);
    assert.equal(bench.counts.queued, 0);
  });

  test("O7 drops the new entry when all that it holds is on its way", async () => {
    const bench = new Bench({ max_entries: 1 });
    bench.holds = true;
    bench.queue.push("a");
    await turns();
    assert.equal(bench.queue.push("b"), false);
    assert.equal(bench.counts.entries.dropped_full, 1);
  });

  test("O7 bounds its bytes, in UTF-8, and refuses what can never fit", () => {
    const bench = new Bench({ max_bytes: 10, max_batch_size: 100 });
    bench.queue.push("1234");
    bench.queue.push(Buffer.from("5678"));
    bench.queue.push("äö");
    assert.deepEqual([bench.counts.queued, bench.counts.queuedBytes], [2, 8]);
    assert.equal(bench.queue.push("x".repeat(11)), false);
    assert.equal(bench.queue.push("x".repeat(1001)), false);
    const { dropped_full: full, dropped_large: large } = bench.counts.entries;
    assert.deepEqual([full, large], [1, 2]);
  });

  test("has one batch on its way, or with concurrency_limit many", async () => {
    const one = new Bench();
    const many = new Bench({ concurrency_limit: 3 });
    for (const bench of [one, many]) {
      bench.holds = true;
      for (const item of ["a", "b", "c", "d"]) bench.queue.push(item);
    }
    await turns();
    assert.deepEqual([one.batches.length, many.batches.length], [1, 3]);
  });

  test("flushes without waiting for full batches", async () => {
    const bench = new Bench({ max_batch_size: 10 });
    bench.queue.push("a");
    bench.queue.push("b");
    await bench.queue.flush(new AbortController().signal);
    assert.deepEqual(bench.batches, [["a", "b"]]);
    await new Bench().queue.flush(new AbortController().signal);
  });

  test("gives up at the end of the flush: what is on its way, what waits for a retry, what waits", async () => {
    for (const holds of [true, false]) {
      const bench = new Bench({}, "keeps");
      bench.holds = holds;
      bench.failures = holds ? 0 : 1000;
      for (const item of ["a", "b", "c"]) bench.queue.push(item);
      await turns();
      const ending = new AbortController();
      const flushed = bench.queue.flush(ending.signal);
      await turns();
      ending.abort();
      await flushed;
      assert.deepEqual(bench.spilled, ["a", "b", "c"]);
      assert.equal(bench.queue.push("d"), false);
      assert.deepEqual([bench.counts.entries.dropped_ended, bench.counts.queued], [1, 0]);
    }
  });

  test("keeps order and loses nothing over many entries", async () => {
    const bench = new Bench({ max_batch_size: 7, max_coalescing_delay: 0 });
    const items = Array.from({ length: 5000 }, (_, at) => String(at));
    for (const item of items) bench.queue.push(item);
    await bench.queue.flush(new AbortController().signal);
    assert.deepEqual(bench.batches.flat(), items);
  });
});
