// Whether a request is tried once more, and when.
import type { RetryOn } from "../config/tries-model.ts";
import { epochMs } from "../exchange.ts";
import type { Exchange } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import type { RetryOutcome } from "../status/try-counts.ts";
import type { Random } from "../upstream/balancer.ts";
import type { Clock } from "../upstream/clock.ts";
import { backOffMs, resetMs } from "./back-off.ts";
import { isRetriable, mayRepeat } from "./try-policy.ts";
import type { TryPolicy } from "./try-policy.ts";

export interface RetryPlanParts {
  readonly exchange: Exchange;
  readonly policy: TryPolicy;
  readonly clock: Clock;
  readonly random: Random;
}

/** What there is to try again. */
export interface FailedTry {
  readonly reason: RetryOn;
  /** Nothing of the request went out. */
  readonly isUnsent: boolean;
  /** Its body can be read from the start. */
  readonly isReadable: boolean;
  /** Of its response, if it had one. */
  readonly fields: Fields | undefined;
}

export class RetryPlan {
  readonly #parts: RetryPlanParts;
  #retries = 0;

  constructor(parts: RetryPlanParts) {
    this.#parts = parts;
  }

  /** How long to wait, ms; undefined when there is no other try. It has its place in the budget from here on. */
  next(failed: FailedTry): number | undefined {
    const { policy, exchange, clock } = this.#parts;
    const waitMs = this.#waitMs(failed.fields);
    const leftMs = (exchange.timeLimit?.deadlineAtMs ?? Infinity) - clock.nowMs();
    const outcome = this.#outcome(failed, waitMs < leftMs);
    policy.counts.countRetry(failed.reason, outcome);
    if (outcome !== "sent") return undefined;
    this.#retries++;
    return waitMs;
  }

  #outcome({ isUnsent, isReadable }: FailedTry, isInTime: boolean): RetryOutcome {
    const { exchange, policy } = this.#parts;
    const { retry, numRetries, budget } = policy;
    if (this.#retries >= numRetries || !isInTime) return "retries_exhausted";
    const mayResend = isUnsent || (isReadable && mayRepeat(retry, exchange));
    if (!mayResend || !isRetriable(retry, exchange)) return "not_replayable";
    return budget.take() ? "sent" : "budget_exhausted";
  }

  #waitMs(fields: Fields | undefined): number {
    const { policy, clock, random } = this.#parts;
    const { rateLimited } = policy.retry;
    const told = fields && rateLimited && resetMs(rateLimited, fields, epochMs(clock.nowMs()));
    return told ?? backOffMs(policy.retry, this.#retries + 1, random);
  }
}
