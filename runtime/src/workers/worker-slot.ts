// The place of one worker: whichever thread fills it at the time, and what is known of those before.
import type { Address } from "../platform/socket.ts";
import type { WorkerLoad } from "../status/app.ts";
import { sumFamilies, withoutGauges } from "../status/families.ts";
import type { Family } from "../status/families.ts";
import { FORGIVEN_AFTER_MS, backOffMs } from "./back-off.ts";
import type { WorkerReport } from "./messages.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** For a scrape; a worker that is busier than this is shown as it was the last time, ms. */
const REPORT_LIMIT_MS = 1000;
const LISTEN_LIMIT_MS = 10_000;
const NOTHING: WorkerReport = { families: [], upstreams: [], connections: 0, requestsInFlight: 0 };

export class WorkerSlot {
  readonly number: number;
  thread: WorkerThread | undefined;
  /** In all. */
  crashes = 0;
  #crashesInRow = 0;
  /** Undefined while it does not serve. */
  #servingSinceMs: number | undefined;
  #lastReport = NOTHING;
  /** What the threads before counted. */
  #past: readonly Family[] = [];

  constructor(number: number) {
    this.number = number;
  }

  get isServing(): boolean {
    return this.#servingSinceMs !== undefined;
  }

  /** There must be a thread, and a config committed in it. Rejects when the address is taken. */
  async listen(address: Address): Promise<Address> {
    const { thread } = this;
    if (thread === undefined) throw new Error(`worker ${this.number} does not run`);
    const bound = await thread.call<"listen">({ kind: "listen", address }, LISTEN_LIMIT_MS);
    // It may have ended right after its answer.
    if (thread === this.thread) this.#servingSinceMs = performance.now();
    return bound;
  }

  /** The thread has ended, after it had reported that. */
  vacate(lastWords: WorkerReport | undefined): void {
    const { families } = lastWords ?? this.#lastReport;
    this.#past = sumFamilies([this.#past, withoutGauges(families)]);
    this.#lastReport = NOTHING;
    this.thread = undefined;
    const servedMs = performance.now() - (this.#servingSinceMs ?? performance.now());
    this.#servingSinceMs = undefined;
    this.#crashesInRow = servedMs >= FORGIVEN_AFTER_MS ? 1 : this.#crashesInRow + 1;
  }

  /** Until the next start, after {@link vacate}. */
  get backOffMs(): number {
    return backOffMs(this.#crashesInRow);
  }

  /** What it does now, and all that it ever counted. */
  async report(): Promise<WorkerReport> {
    try {
      const { thread } = this;
      const report = await thread?.call<"report">({ kind: "report" }, REPORT_LIMIT_MS);
      // It may have ended meanwhile, and been counted as past.
      if (report !== undefined && thread === this.thread) this.#lastReport = report;
    } catch {
      // Too busy, or just ended: the last report is the best there is.
    }
    const { families, ...load } = this.#lastReport;
    return { ...load, families: sumFamilies([this.#past, families]) };
  }

  async load(): Promise<WorkerLoad> {
    const { connections, requestsInFlight } = await this.report();
    const { number, crashes } = this;
    return { number, state: this.#state, crashes, connections, requestsInFlight };
  }

  get #state(): WorkerLoad["state"] {
    if (this.isServing) return "serving";
    return this.thread === undefined ? "stopped" : "starting";
  }
}
