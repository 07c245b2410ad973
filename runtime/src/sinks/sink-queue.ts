// The bounded queue of one sink, by Kong's rules (kong/tools/queue.lua): batches, retries with growing delays, and an end
// for what nobody takes. Appending never waits (O7).
import { detailOf } from "../errors.ts";
import type { Clock } from "../upstream/clock.ts";
import type { Delivery, Item } from "./delivery.ts";
import { lengthOf } from "./delivery.ts";
import type { EntryOutcome, SinkCounts } from "./sink-counts.ts";
import type { QueueOptions } from "./sink-options.ts";

export interface SinkQueueParts {
  readonly delivery: Pick<Delivery, "deliver">;
  /** Keeps what is given up; rejected when it cannot. */
  readonly spill: ((items: readonly Item[]) => Promise<void>) | undefined;
  readonly counts: SinkCounts;
  /** Of one entry. */
  readonly maxEntryBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Entries were given up. */
  onGivenUp(count: number, reason: string): void;
  /** Nothing waits and nothing is on its way. */
  onEmpty(): void;
}

interface Batch {
  readonly items: readonly Item[];
  readonly bytes: number;
}

/** A batch has fewer entries than it may when it would have more than that. */
const MAX_BATCH_BYTES = 8 * 1_048_576;
/** Below this many spent places the array of waiting items is left as it is. */
const MIN_SPENT = 1024;

export class SinkQueue {
  readonly #options: QueueOptions;
  readonly #parts: SinkQueueParts;
  readonly #ending = new AbortController();
  /** In order; places before `#first` are spent. */
  #items: Item[] = [];
  #first = 0;
  #inFlight = 0;
  #bytes = 0;
  #running = 0;
  #isFlushing = false;
  #isScheduled = false;
  #stopTimer: (() => void) | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: QueueOptions, parts: SinkQueueParts) {
    this.#options = options;
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#waiting + this.#inFlight === 0;
  }

  get #waiting(): number {
    return this.#items.length - this.#first;
  }

  /** False when the entry was dropped. When the queue is full, the oldest entry makes room. */
  push(item: Item): boolean {
    const bytes = lengthOf(item);
    const { max_entries: maxEntries, max_bytes: maxBytes } = this.#options;
    if (bytes > this.#parts.maxEntryBytes || bytes > maxBytes) return this.#drop("dropped_large");
    if (this.#ending.signal.aborted) return this.#drop("dropped_ended");
    while (
      this.#waiting + this.#inFlight >= maxEntries ||
      (this.#bytes + bytes > maxBytes && !this.isEmpty)
    ) {
      // What is on its way cannot be taken back.
      if (this.#waiting === 0) return this.#drop("dropped_full");
      this.#count(-1, -lengthOf(this.#shift()));
      this.#drop("dropped_full");
    }
    this.#items.push(item);
    this.#count(1, bytes);
    this.#wake();
    return true;
  }

  /**
   * Sends what waits without further delay. What is still there when the signal is aborted is given up. Resolved when the
   * queue is empty; what comes from the abort on is dropped.
   */
  async flush(signal: AbortSignal): Promise<void> {
    this.#isFlushing = true;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const giveUp = (): void => this.#ending.abort(signal.reason);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    if (this.isEmpty) resolve();
    else this.#wake();
    await promise;
    signal.removeEventListener("abort", giveUp);
  }

  #wake(): void {
    if (this.#running >= this.#options.concurrency_limit || this.#waiting === 0) return;
    if (this.#isFlushing || this.#waiting >= this.#options.max_batch_size) return this.#schedule();
    const delayMs = this.#options.max_coalescing_delay * 1000;
    this.#stopTimer ??= this.#parts.clock.after(delayMs, () => {
      this.#stopTimer = undefined;
      this.#schedule();
    });
  }

  /** Not within the call that appends: it belongs to a request. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const limit = this.#options.concurrency_limit;
      do void this.#run();
      while (this.#running < limit && this.#isDue());
    });
  }

  #isDue(): boolean {
    return this.#waiting > 0 && (this.#isFlushing || this.#waiting >= this.#options.max_batch_size);
  }

  /** Sends batches until there is none to send at once. */
  async #run(): Promise<void> {
    if (this.#waiting === 0 || this.#running >= this.#options.concurrency_limit) return;
    this.#running++;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    do {
      const batch = this.#take();
      const outcome = await this.#send(batch);
      this.#inFlight -= batch.items.length;
      this.#parts.counts.entries[outcome] += batch.items.length;
      this.#count(-batch.items.length, -batch.bytes);
    } while (this.#isDue());
    this.#running--;
    this.#wake();
    if (!this.isEmpty) return;
    this.#onEmpty?.();
    this.#parts.onEmpty();
  }

  #take(): Batch {
    const isAll = this.#ending.signal.aborted;
    const count = isAll ? this.#waiting : Math.min(this.#waiting, this.#options.max_batch_size);
    const items: Item[] = [];
    let bytes = 0;
    while (items.length < count) {
      const next = lengthOf(this.#items[this.#first] as Item); // There are at least that many.
      if (!isAll && items.length > 0 && bytes + next > MAX_BATCH_BYTES) break;
      items.push(this.#shift());
      bytes += next;
    }
    this.#inFlight += items.length;
    return { items, bytes };
  }

  async #send({ items }: Batch): Promise<EntryOutcome> {
    const { clock, counts, delivery } = this.#parts;
    const { signal } = this.#ending;
    const startedAtMs = clock.nowMs();
    for (let retries = 0; ; retries++) {
      if (signal.aborted) return this.#giveUp(items, "the gateway ends");
      if (retries > 0) counts.retries++;
      try {
        await delivery.deliver(items, signal);
        return "delivered";
      } catch (error) {
        const limitMs = this.#options.max_retry_time * 1000;
        const leftMs = startedAtMs + limitMs - clock.nowMs();
        if (signal.aborted || leftMs <= 0) return this.#giveUp(items, detailOf(error));
        await this.#pause(Math.min(this.#retryDelayMs(retries), leftMs));
      }
    }
  }

  /** Doubles from one to the next; somewhere in its upper half, so that gateways do not come all at once. */
  #retryDelayMs(retries: number): number {
    const { initial_retry_delay: initial, max_retry_delay: longest } = this.#options;
    const delayMs = Math.min(initial * 2 ** retries, longest) * 1000;
    return delayMs * (0.5 + this.#parts.random() / 2);
  }

  /** Ends early when the queue does. */
  #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#ending;
    const stop = this.#parts.clock.after(delayMs, resolve);
    signal.addEventListener("abort", resolve as () => void);
    return promise.finally(() => {
      stop();
      signal.removeEventListener("abort", resolve as () => void);
    });
  }

  async #giveUp(items: readonly Item[], reason: string): Promise<EntryOutcome> {
    const { spill, onGivenUp } = this.#parts;
    const lost = this.#ending.signal.aborted ? "dropped_ended" : "dropped_failed";
    if (spill === undefined) {
      onGivenUp(items.length, `${reason}; they are lost`);
      return lost;
    }
    try {
      await spill(items);
      onGivenUp(items.length, `${reason}; they are in the dead-letter file`);
      return "spilled";
    } catch (error) {
      onGivenUp(items.length, `${reason}; they are lost: ${detailOf(error)}`);
      return lost;
    }
  }

  #shift(): Item {
    const item = this.#items[this.#first] as Item; // Callers have looked that there is one.
    this.#items[this.#first++] = "";
    if (this.#first >= MIN_SPENT && this.#first * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  #count(entries: number, bytes: number): void {
    this.#bytes += bytes;
    this.#parts.counts.queued += entries;
    this.#parts.counts.queuedBytes += bytes;
  }

  #drop(outcome: EntryOutcome): false {
    this.#parts.counts.entries[outcome]++;
    return false;
  }
}
