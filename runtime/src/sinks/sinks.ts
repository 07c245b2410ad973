// All sinks of this thread: one queue for each set of options, however many entries and configs share it.
import { FetchFailed } from "../outbound/fetch-failed.ts";
import { checkHost } from "../outbound/destination.ts";
import type { FetchRules, Resolver } from "../outbound/destination.ts";
import type { Outbound } from "../outbound/outbound-client.ts";
import type { Family } from "../status/families.ts";
import { systemClock } from "../upstream/clock.ts";
import type { Clock } from "../upstream/clock.ts";
import { DatagramDelivery, longestEntry } from "./datagram-delivery.ts";
import type { Delivery, Item } from "./delivery.ts";
import { DeadLetterFile, FileDelivery } from "./file-delivery.ts";
import { HttpDelivery } from "./http-delivery.ts";
import { SinkCounts, sinkFamilies } from "./sink-counts.ts";
import { destinationOf } from "./sink-options.ts";
import type { SinkOptions } from "./sink-options.ts";
import { SinkQueue } from "./sink-queue.ts";
import { StreamDelivery } from "./stream-delivery.ts";

export interface SinksOptions {
  readonly outbound: Outbound;
  readonly resolve: Resolver;
  /** `level` as in the ABI. */
  readonly log: { write(plugin: string, level: number, message: string): void };
  /** PEM of the authorities that TLS trusts, instead of the runtime's own. */
  readonly ca?: string;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** What a plugin entry appends to. */
export interface Sink {
  /** False when the entry was dropped, which is counted. */
  append(item: Item): boolean;
  /** Whoever opened it needs it no more; what waits is still sent. */
  release(): void;
}

/** Where plugins send what they have to tell. */
export interface SinkOpener {
  /** Throws {@link FetchFailed} when the rules do not allow the server, TypeError when the options name none. */
  open(options: SinkOptions, rules: FetchRules): Sink;
}

/** Of one entry. */
export const MAX_ENTRY_BYTES = 1_048_576;
/** The log's level. */
const WARN = 2;

interface OpenQueue {
  readonly queue: SinkQueue;
  readonly delivery: Delivery;
  holders: number;
}

export class Sinks implements SinkOpener {
  readonly #options: SinksOptions;
  readonly #queues = new Map<string, OpenQueue>();
  readonly #deadLetters = new Map<string, DeadLetterFile>();
  readonly #counts = new Map<string, SinkCounts>();

  constructor(options: SinksOptions) {
    this.#options = options;
  }

  open(options: SinkOptions, rules: FetchRules): Sink {
    const url = destinationOf(options);
    if (url !== undefined) checkHost(url, rules);
    const key = JSON.stringify([rules.plugin, rules.key, options]);
    let open = this.#queues.get(key);
    if (open === undefined) this.#queues.set(key, (open = this.#start(key, options, rules)));
    return this.#hold(key, open);
  }

  #hold(key: string, open: OpenQueue): Sink {
    open.holders++;
    let isHeld = true;
    return {
      append: (item) => open.queue.push(item),
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        open.holders--;
        this.#forget(key, open);
      },
    };
  }

  /** A queue that nobody holds lasts until all of it is sent. */
  #forget(key: string, open: OpenQueue): void {
    if (open.holders > 0 || !open.queue.isEmpty || this.#queues.get(key) !== open) return;
    this.#queues.delete(key);
    open.delivery.close();
  }

  #start(key: string, options: SinkOptions, rules: FetchRules): OpenQueue {
    const { log, clock = systemClock, random = Math.random } = this.#options;
    const { plugin } = rules;
    const delivery = this.#delivery(options, rules);
    const name = nameOf(options);
    const queue = new SinkQueue(options.queue, {
      delivery,
      spill: this.#spill(options),
      counts: this.#countsOf(plugin, options),
      maxEntryBytes:
        options.to === "udp" ? longestEntry(options, options.packetBytes) : MAX_ENTRY_BYTES,
      clock,
      random,
      onGivenUp: (count, reason) =>
        log.write(plugin, WARN, `${name}: gave up ${count} entries: ${reason}`),
      onEmpty: () => this.#forget(key, open),
    });
    const open: OpenQueue = { queue, delivery, holders: 0 };
    return open;
  }

  #delivery(options: SinkOptions, rules: FetchRules): Delivery {
    const { outbound, resolve, ca } = this.#options;
    switch (options.to) {
      case "http":
        return new HttpDelivery(options, outbound, rules);
      case "tcp":
      case "unix":
        return new StreamDelivery(options, { rules, resolve, ca });
      case "udp":
        return new DatagramDelivery(options, { rules, resolve });
      case "file":
        return new FileDelivery(options.path, options);
    }
  }

  #spill({ queue }: SinkOptions): ((items: readonly Item[]) => Promise<void>) | undefined {
    const { dead_letter_path: path, dead_letter_max_bytes: maxBytes } = queue;
    if (path === undefined) return undefined;
    let file = this.#deadLetters.get(path);
    if (file === undefined) this.#deadLetters.set(path, (file = new DeadLetterFile(path)));
    const deadLetters = file;
    return (items) => deadLetters.add(items, maxBytes);
  }

  #countsOf(plugin: string, { to }: SinkOptions): SinkCounts {
    const key = `${plugin} ${to}`;
    let counts = this.#counts.get(key);
    if (counts === undefined) this.#counts.set(key, (counts = new SinkCounts(plugin, to)));
    return counts;
  }

  families(): Family[] {
    return this.#counts.size === 0 ? [] : sinkFamilies([...this.#counts.values()]);
  }

  /** Sends what is queued; what is not sent after that many ms is given up. */
  async close(limitMs: number): Promise<void> {
    const queues = [...this.#queues.values()];
    if (queues.length === 0) return;
    const ending = new AbortController();
    const giveUp = (): void => ending.abort(new FetchFailed("ended", "the gateway ends"));
    const timer = setTimeout(giveUp, limitMs);
    await Promise.all(queues.map(({ queue }) => queue.flush(ending.signal)));
    clearTimeout(timer);
    for (const { delivery } of queues) delivery.close();
    this.#queues.clear();
  }
}

/** For the log. A URL's path and query may have credentials in them. */
function nameOf(options: SinkOptions): string {
  switch (options.to) {
    case "http":
      return `sink ${new URL(options.url).origin}`;
    case "tcp":
    case "udp":
      return `sink ${options.to}://${options.host}:${options.port}`;
    case "unix":
    case "file":
      return `sink ${options.path}`;
  }
}
