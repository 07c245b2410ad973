// Active checks: probes the targets of one upstream again and again, the healthy ones and the others each at their own
// interval, never more of them at once than `concurrency`.
import type { ActiveCheckConfig } from "../../config/upstream-model.ts";
import type { Clock } from "../clock.ts";
import type { Target } from "../target.ts";
import type { Probe, ProbeResult } from "./probe.ts";

export interface HealthCheckerParts {
  readonly config: ActiveCheckConfig;
  /** Read for each round. */
  targets(): readonly Target[];
  readonly clock: Clock;
  readonly probe: Probe;
  onResult(target: Target, result: ProbeResult): void;
}

export class HealthChecker {
  readonly #parts: HealthCheckerParts;
  readonly #stopping = new AbortController();
  #cancels: (() => void)[] = [];

  constructor(parts: HealthCheckerParts) {
    this.#parts = parts;
  }

  /** The first round begins at once. */
  start(): void {
    const { healthyIntervalMs, unhealthyIntervalMs } = this.#parts.config;
    if (healthyIntervalMs > 0) void this.#repeat(true, healthyIntervalMs);
    if (unhealthyIntervalMs > 0) void this.#repeat(false, unhealthyIntervalMs);
  }

  /** What is under way is given up, and tells nothing any more. */
  stop(): void {
    this.#stopping.abort();
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }

  /** A round that takes longer than the interval is followed by the next one at once. */
  async #repeat(ofHealthy: boolean, intervalMs: number): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#stopping.signal.aborted) {
      const startedAtMs = clock.nowMs();
      const due = this.#parts
        .targets()
        .filter(({ state }) => (state?.health.isHealthy ?? true) === ofHealthy);
      await this.#round(due);
      const leftMs = startedAtMs + intervalMs - clock.nowMs();
      // At least a turn of the event loop, or probes that fail at once would take all of it.
      await this.#wait(Math.max(1, leftMs));
    }
  }

  async #round(due: readonly Target[]): Promise<void> {
    let next = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        const target = due[next++];
        if (target === undefined || this.#stopping.signal.aborted) return;
        const result = await this.#parts.probe(target, this.#stopping.signal);
        if (!this.#stopping.signal.aborted) this.#parts.onResult(target, result);
      }
    };
    const workers = Math.min(this.#parts.config.concurrency, due.length);
    await Promise.all(Array.from({ length: workers }, work));
  }

  #wait(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#stopping.signal.aborted) return Promise.resolve();
    const cancelTimer = this.#parts.clock.after(delayMs, () => {
      this.#cancels = this.#cancels.filter((each) => each !== cancel);
      resolve();
    });
    const cancel = (): void => {
      cancelTimer();
      resolve();
    };
    this.#cancels.push(cancel);
    return promise;
  }
}
