// One registry that is watched for one upstream, again and again: what it said last stays, whatever becomes of it.
import { detailOf } from "../errors.ts";
import type { Clock } from "../upstream/clock.ts";
import type { DiscoveryReport, DiscoveryState } from "./report.ts";
import type { Listener, ListedTarget, Watching } from "./source.ts";
import { waitFor } from "./wait.ts";

export interface RegistryParts {
  readonly clock: Clock;
  readonly random: () => number;
  /** Since 1970, ms. */
  now(): number;
  /** Another list than before. */
  onTargets(targets: readonly ListedTarget[]): void;
  /** It became so; `error` says why when it is failing. */
  onState(state: DiscoveryState, error: string | undefined): void;
}

export interface RegistryOptions {
  readonly type: string;
  readonly isRequired: boolean;
  readonly folder: string;
  readonly watching: Watching;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;
/** One that lists and then breaks is not taken for dead. */
const MAX_FAILURES_WITH_LIST = 3;
/** A watch that went on for less is taken for one that failed. */
const SHORT_MS = 1000;

export class Registry {
  targets: readonly ListedTarget[] = [];
  readonly #options: RegistryOptions;
  readonly #parts: RegistryParts;
  readonly #stopping = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #state: DiscoveryState = "waiting";
  #sinceMs: number;
  #heardAtMs: number | undefined;
  #updates = 0;
  #errors = 0;
  #error: string | undefined;
  /** In a row. */
  #failures = 0;

  constructor(options: RegistryOptions, parts: RegistryParts) {
    this.#options = options;
    this.#parts = parts;
    this.#sinceMs = parts.now();
  }

  /** When it has said something, or failed once. */
  get firstWord(): Promise<void> {
    return this.#first.promise;
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopping.abort();
    this.#first.resolve();
  }

  report(): DiscoveryReport {
    const heard = this.#heardAtMs;
    return {
      type: this.#options.type,
      state: this.#state,
      sinceMs: this.#sinceMs,
      ageMs: heard === undefined ? undefined : this.#parts.clock.nowMs() - heard,
      targets: this.targets.length,
      updates: this.#updates,
      errors: this.#errors,
      error: this.#error,
      isRequired: this.#options.isRequired,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock } = this.#parts;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const startedAtMs = clock.nowMs();
      try {
        await this.#options.watching(this.#listener(attempt));
        if (clock.nowMs() - startedAtMs < SHORT_MS) this.#failures++;
      } catch (error) {
        if (signal.aborted) return;
        this.#failures++;
        this.#fail(detailOf(error));
      }
      await waitFor(this.#delayMs(), { clock, signal });
    }
  }

  /** Longer after each failure, up to a quarter less than that: not all gateways at once. */
  #delayMs(): number {
    if (this.#failures === 0) return 0;
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - 1));
    return delayMs * (1 - this.#parts.random() / 4);
  }

  #listener(attempt: number): Listener {
    const { clock } = this.#parts;
    const { signal } = this.#stopping;
    let began = 0;
    return {
      clock,
      signal,
      folder: this.#options.folder,
      attempt,
      onTargets: (targets) => {
        if (signal.aborted) return;
        // A list alone does not make it well: it may break after each. One that goes on does.
        this.#failures = began++ > 0 ? 0 : Math.min(this.#failures, MAX_FAILURES_WITH_LIST);
        this.#hear();
        this.#take(targets);
        this.#first.resolve();
      },
      onAlive: () => {
        this.#failures = 0;
        this.#hear();
      },
      onFault: (detail) => {
        if (!signal.aborted) this.#fail(detail);
      },
    };
  }

  #hear(): void {
    this.#heardAtMs = this.#parts.clock.nowMs();
    this.#error = undefined;
    this.#become("watching");
  }

  #take(targets: readonly ListedTarget[]): void {
    const sorted = targets.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    if (sorted.map(keyOf).join() === this.targets.map(keyOf).join()) return;
    this.targets = sorted;
    this.#updates++;
    this.#parts.onTargets(sorted);
  }

  #fail(detail: string): void {
    this.#errors++;
    const isNew = this.#error !== detail;
    this.#error = detail;
    this.#first.resolve();
    if (this.#state !== "failing") this.#become("failing");
    else if (isNew) this.#parts.onState("failing", detail);
  }

  #become(state: DiscoveryState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#sinceMs = this.#parts.now();
    this.#parts.onState(state, this.#error);
  }
}

function keyOf({ host, port, weight }: ListedTarget): string {
  return `${host} ${port} ${weight}`;
}
