// What is counted of a route's retries and hedges. Reasons and outcomes are few: they come from our own lists.
import type { RetryOn } from "../config/tries-model.ts";
import type { Labels, Sample } from "./families.ts";

/** What became of a wish to try once more. */
export type RetryOutcome = "sent" | "budget_exhausted" | "retries_exhausted" | "not_replayable";
/** Whether the additional try gave the response. */
export type HedgeOutcome = "won" | "lost" | "budget_exhausted";
export type RetryReason = RetryOn | "stale";

export class TryCounts {
  /** By reason and outcome. */
  readonly #retries = new Map<string, number>();
  readonly #hedges = new Map<HedgeOutcome, number>();

  countRetry(reason: RetryReason, outcome: RetryOutcome): void {
    const key = `${reason} ${outcome}`;
    this.#retries.set(key, (this.#retries.get(key) ?? 0) + 1);
  }

  countHedge(outcome: HedgeOutcome): void {
    this.#hedges.set(outcome, (this.#hedges.get(outcome) ?? 0) + 1);
  }

  retries(labels: Labels): Sample[] {
    return [...this.#retries].map(([key, value]) => {
      const [reason = "", outcome = ""] = key.split(" ");
      return { labels: { ...labels, reason, outcome }, value };
    });
  }

  hedges(labels: Labels): Sample[] {
    return [...this.#hedges].map(([outcome, value]) => ({ labels: { ...labels, outcome }, value }));
  }
}
