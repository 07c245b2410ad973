// Serves traffic with several threads, one for each processor core, and keeps them going: all of them on one config, one
// address and one store.
import type { ConfigText } from "../assemble.ts";
import type { OutputLogger } from "../log.ts";
import type { Address } from "../platform/socket.ts";
import type { Preparation } from "../proxy-thread.ts";
import { MAX_STORE_CHARACTERS, MAX_STORE_ENTRIES } from "../settings.ts";
import type { Settings } from "../settings.ts";
import type { TrafficLoad } from "../status/app.ts";
import { sumFamilies } from "../status/families.ts";
import type { Family } from "../status/families.ts";
import type { Metrics } from "../status/metrics.ts";
import { createSharedMemory } from "../store/shared/layout.ts";
import type { SharedMemory } from "../store/shared/layout.ts";
import { SharedStore } from "../store/shared/shared-store.ts";
import { SplitStore } from "../store/split-store.ts";
import type { Store } from "../store/store.ts";
import type { Traffic } from "../traffic.ts";
import type { BreakerScope } from "../upstream/breaker/breakers.ts";
import type { SettableState } from "../config/upstream-model.ts";
import type { UpstreamReport } from "../upstream/report.ts";
import { mergeUpstreams } from "./upstream-reports.ts";
import { workerFamilies } from "./worker-families.ts";
import { WorkerSlot } from "./worker-slot.ts";
import { WorkerThread } from "./worker-thread.ts";
import type { WorkerEnd } from "./worker-thread.ts";

/** For a config to be assembled, plugins compiled, apps loaded, ms. */
const PREPARE_LIMIT_MS = 60_000;
const CALL_LIMIT_MS = 10_000;
/** What a worker may add to its drain limit before it is taken for stuck, ms. */
const END_LIMIT_MS = 3000;
/** The supervisor's own; workers count up from 1. */
const SUPERVISOR_HOLDER = 0x7fff_ffff;

export interface SupervisorParts {
  readonly settings: Settings;
  readonly pluginFolders: readonly string[];
  readonly log: OutputLogger;
  /** What the main thread counts. */
  readonly metrics: Metrics;
  /** Throws when somebody else listens there. */
  claim(address: Address): Promise<void>;
}

export class Supervisor implements Traffic {
  readonly #parts: SupervisorParts;
  readonly #memory: SharedMemory;
  readonly #store: SharedStore;
  readonly #largeMemory: SharedMemory;
  readonly #largeStore: SharedStore;
  readonly store: Store;
  readonly #slots: readonly WorkerSlot[];
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #lastHolder = 0;
  /** What all workers serve, and where; a restarted one begins with it. */
  #config: ConfigText | undefined;
  #address: Address | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    const bounds = { maxEntries: MAX_STORE_ENTRIES, maxBytes: MAX_STORE_CHARACTERS };
    const use = { holder: SUPERVISOR_HOLDER, now: (): number => performance.now() };
    this.#memory = createSharedMemory(bounds);
    this.#store = new SharedStore(this.#memory, use);
    this.#largeMemory = createSharedMemory(bounds);
    this.#largeStore = new SharedStore(this.#largeMemory, use);
    this.store = new SplitStore(this.#store, this.#largeStore);
    const { workers } = parts.settings;
    this.#slots = Array.from({ length: workers }, (_, at) => new WorkerSlot(at + 1));
  }

  // ---- configs: everywhere or nowhere

  replace(config: ConfigText): Promise<Preparation> {
    return this.#exclusive(() => this.#replace(config));
  }

  async #replace(config: ConfigText): Promise<Preparation> {
    let outcome = await this.#offer(config);
    if (outcome.kind === "gone") {
      // At the start there is nobody yet. Later, what they served may have ended them all: new ones serve nothing that
      // could, so if they end as well, it is the new config.
      for (const slot of this.#slots) if (slot.thread === undefined) this.#spawn(slot);
      outcome = await this.#offer(config);
    }
    for (const slot of this.#slots) await this.#bringUp(slot);
    if (outcome.kind !== "gone") return outcome;
    const { reason } = outcome;
    return { kind: "refused", skippedFiles: [], reasons: [`no worker survives it: ${reason}`] };
  }

  /** To all workers. Those that end meanwhile have no say: they start again with what the others have. */
  async #offer(config: ConfigText): Promise<Offered> {
    const threads = this.#threads;
    const outcomes = await Promise.all(threads.map((thread) => prepare(thread, config)));
    const refused = outcomes.find(({ kind }) => kind === "refused");
    if (refused !== undefined) {
      await Promise.all(threads.map((thread) => tell(thread, "discard")));
      return refused;
    }
    const prepared = outcomes.find(({ kind }) => kind === "prepared");
    if (prepared === undefined) return outcomes[0] ?? { kind: "gone", reason: "none runs" };
    this.#config = config;
    const commits = threads.map(async (thread, at) => {
      if (outcomes[at]?.kind === "prepared") await tell(thread, "commit");
    });
    await Promise.all(commits);
    return prepared;
  }

  // ---- the address that all listen on

  listen(address: Address): Promise<Address> {
    return this.#exclusive(async () => {
      if (!this.#parts.settings.load.reusePort) await this.#parts.claim(address);
      let bound = address;
      for (const slot of this.#slots) {
        // The first one finds the port for the others where that is 0.
        if (slot.thread !== undefined) bound = await slot.listen(bound);
      }
      this.#address = bound;
      return bound;
    });
  }

  // ---- threads that end, and their successors

  get #threads(): WorkerThread[] {
    return this.#slots.flatMap(({ thread }) => thread ?? []);
  }

  #spawn(slot: WorkerSlot): WorkerThread {
    const { settings, pluginFolders } = this.#parts;
    const memory = this.#memory;
    const largeMemory = this.#largeMemory;
    const holder = ++this.#lastHolder;
    const thread = new WorkerThread(
      { number: slot.number, holder, settings, pluginFolders, memory, largeMemory },
      { onLog: this.#parts.log.relay, onEnd: (end) => this.#onEnd(slot, thread, end) },
    );
    slot.thread = thread;
    return thread;
  }

  #onEnd(slot: WorkerSlot, { holder }: WorkerThread, { reason, report }: WorkerEnd): void {
    this.#store.releaseLocksOf(holder);
    this.#largeStore.releaseLocksOf(holder);
    slot.vacate(report);
    // Without a config none has served: the start itself fails, and says why.
    if (this.#isStopping || this.#config === undefined) return;
    slot.crashes++;
    const waitMs = slot.backOffMs;
    const { number } = slot;
    this.#parts.log.error(`worker ${number} ended, the next one starts in ${waitMs} ms: ${reason}`);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#exclusive(() => this.#restart(slot));
    }, waitMs);
    this.#timers.add(timer);
  }

  async #restart(slot: WorkerSlot): Promise<void> {
    if (this.#isStopping || slot.thread !== undefined) return;
    this.#spawn(slot);
    await this.#bringUp(slot);
    if (slot.isServing) this.#parts.log.info(`worker ${slot.number} serves again`);
  }

  /** Lets a worker that was started after the others serve what they serve. */
  async #bringUp(slot: WorkerSlot): Promise<void> {
    const { thread } = slot;
    const config = this.#config;
    const address = this.#address;
    if (thread === undefined || slot.isServing || config === undefined || address === undefined) {
      return;
    }
    const outcome = await prepare(thread, config);
    if (outcome.kind === "refused") thread.terminate(outcome.reasons.join("; "));
    if (outcome.kind !== "prepared") return;
    await tell(thread, "commit");
    try {
      await slot.listen(address);
    } catch (error) {
      thread.terminate(String(error));
    }
  }

  // ---- what they do

  async families(): Promise<readonly Family[]> {
    const reports = await Promise.all(
      this.#slots.map(async (slot) => ({ slot, report: await slot.report() })),
    );
    const all = reports.map(({ report }) => report.families);
    return [...sumFamilies([this.#parts.metrics.collect(), ...all]), ...workerFamilies(reports)];
  }

  async load(): Promise<TrafficLoad> {
    const workers = await Promise.all(this.#slots.map((slot) => slot.load()));
    const sum = (of: "connections" | "requestsInFlight"): number =>
      workers.reduce((total, worker) => total + worker[of], 0);
    return { connections: sum("connections"), requestsInFlight: sum("requestsInFlight"), workers };
  }

  async upstreams(): Promise<readonly UpstreamReport[]> {
    const reports = this.#slots.map(async (slot) => {
      return { worker: slot.number, upstreams: (await slot.report()).upstreams };
    });
    return mergeUpstreams(await Promise.all(reports));
  }

  async setTargetHealth(upstream: string, target: string, isHealthy: boolean): Promise<boolean> {
    const call = { kind: "setTargetHealth", upstream, target, isHealthy } as const;
    const isSet = await Promise.all(
      this.#threads.map((thread) => thread.call<"setTargetHealth">(call, CALL_LIMIT_MS)),
    );
    return isSet.includes(true);
  }

  async setBreakers(upstream: string, scope: BreakerScope, state: SettableState): Promise<boolean> {
    const call = { kind: "setBreakers", upstream, scope, state } as const;
    const isSet = await Promise.all(
      this.#threads.map((thread) => thread.call<"setBreakers">(call, CALL_LIMIT_MS)),
    );
    return isSet.includes(true);
  }

  notReady(): string | undefined {
    const missing = this.#slots.filter(({ isServing }) => !isServing);
    if (missing.length === 0) return undefined;
    return `not all workers serve: ${missing.map(({ number }) => number).join(", ")} missing`;
  }

  async drain(limitMs: number): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#threads.map((thread) => end(thread, limitMs)));
  }

  /** Reloads and restarts one after the other: a worker never comes in the middle of a reload. */
  #exclusive<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#running.then(task);
    this.#running = done.catch(() => undefined);
    return done;
  }
}

/** What became of a config that was offered; gone: nobody lived to say anything. */
type Offered = Preparation | { readonly kind: "gone"; readonly reason: string };

async function prepare(thread: WorkerThread, config: ConfigText): Promise<Offered> {
  try {
    return await thread.call<"prepare">({ kind: "prepare", config }, PREPARE_LIMIT_MS);
  } catch (error) {
    const reason = String(error);
    thread.terminate(reason);
    return { kind: "gone", reason };
  }
}

/** A worker that does not do it must not go on with another config than the others. */
async function tell(thread: WorkerThread, kind: "commit" | "discard"): Promise<void> {
  try {
    await thread.call<"commit" | "discard">({ kind }, CALL_LIMIT_MS);
  } catch (error) {
    thread.terminate(String(error));
  }
}

async function end(thread: WorkerThread, limitMs: number): Promise<void> {
  const longestMs = limitMs + END_LIMIT_MS;
  // Ends with the thread, whether or not it answers.
  thread.call<"drain">({ kind: "drain", limitMs }, longestMs).catch(() => undefined);
  if (!(await thread.endsWithin(longestMs))) thread.terminate("it did not end in time");
}
