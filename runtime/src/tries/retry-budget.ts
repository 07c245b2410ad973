// How many tries an upstream gets on top of its requests (Envoy's retry_budget): when it is down, retries must not be
// what keeps it there (O4).
import type { RetryBudgetConfig } from "../config/tries-model.ts";
import type { Clock } from "../upstream/clock.ts";

export const DEFAULT_RETRY_BUDGET: RetryBudgetConfig = {
  budgetPercent: 20,
  minRetryConcurrency: 3,
};

/**
 * Envoy counts what is under way. What fails at once is hardly ever under way, so here a request and a retry count for a
 * second at least: of each second's tries at most so many percent of its requests, or the minimum, are extra.
 */
export class RetryBudget {
  readonly #config: RetryBudgetConfig;
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #begunRequests = new LastSecond();
  readonly #begunRetries = new LastSecond();
  #activeRequests = 0;
  #activeRetries = 0;

  constructor(config: RetryBudgetConfig, clock: Pick<Clock, "nowMs">) {
    this.#config = config;
    this.#clock = clock;
  }

  /** A client's request begins; it must {@link endRequest}. */
  beginRequest(): void {
    this.#activeRequests++;
    this.#begunRequests.add(this.#clock.nowMs());
  }

  endRequest(): void {
    this.#activeRequests--;
  }

  /** Whether there may be one more retry or hedge now; it must {@link endRetry}. */
  take(): boolean {
    const nowMs = this.#clock.nowMs();
    // Those whose retry is under way have had their share.
    const others = this.#activeRequests - this.#activeRetries;
    const requests = Math.max(others, this.#begunRequests.at(nowMs));
    const retries = Math.max(this.#activeRetries, this.#begunRetries.at(nowMs));
    const share = Math.floor((requests * this.#config.budgetPercent) / 100);
    if (retries >= Math.max(share, this.#config.minRetryConcurrency)) return false;
    this.#activeRetries++;
    this.#begunRetries.add(nowMs);
    return true;
  }

  endRetry(): void {
    this.#activeRetries--;
  }
}

const SLOT_MS = 100;
/** One more than a second: the oldest is not over yet. */
const SLOTS = 11;

/** How many there were in the last second, or a tenth more. */
class LastSecond {
  readonly #counts = new Float64Array(SLOTS);
  #slot = 0;
  #sum = 0;

  add(nowMs: number): void {
    this.#advance(nowMs);
    const at = this.#slot % SLOTS;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum++;
  }

  at(nowMs: number): number {
    this.#advance(nowMs);
    return this.#sum;
  }

  #advance(nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS);
    if (slot - this.#slot >= SLOTS) {
      this.#counts.fill(0);
      this.#sum = 0;
      this.#slot = slot;
    }
    while (this.#slot < slot) {
      const at = ++this.#slot % SLOTS;
      this.#sum -= this.#counts[at] ?? 0;
      this.#counts[at] = 0;
    }
  }
}
