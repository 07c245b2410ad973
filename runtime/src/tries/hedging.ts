// When a request is tried twice at once (Envoy's hedge_policy): from the start, or when the first try takes long.
import type { HedgePolicyConfig } from "../config/tries-model.ts";
import type { Exchange, TryKind } from "../exchange.ts";
import type { TryCounts } from "../status/try-counts.ts";
import type { Random } from "../upstream/balancer.ts";
import type { Clock } from "../upstream/clock.ts";
import { mayHedge } from "./try-policy.ts";

export interface HedgingParts {
  readonly policy: HedgePolicyConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly counts: TryCounts;
  /** Begins one more try; false when there may be none. */
  readonly send: () => boolean;
}

export class Hedging {
  readonly #parts: HedgingParts;
  #sent = 0;
  #cancel: (() => void) | undefined;

  private constructor(parts: HedgingParts) {
    this.#parts = parts;
  }

  /** Undefined for a request that only one upstream may act on. */
  static of(exchange: Exchange, parts: HedgingParts): Hedging | undefined {
    return mayHedge(exchange) ? new Hedging(parts) : undefined;
  }

  get hedgesOnPerTryTimeout(): boolean {
    return this.#parts.policy.hedgesOnPerTryTimeout;
  }

  /** The first try is under way. */
  start(): void {
    const { policy, random } = this.#parts;
    const { initialRequests, additionalRequestChance: chance } = policy;
    const wanted = initialRequests - 1 + (chance > 0 && random() < chance ? 1 : 0);
    while (this.#sent < wanted && this.more());
    this.#wait();
  }

  /** One more try, if there may be one. */
  more(): boolean {
    if (this.#sent >= this.#parts.policy.maxAttempts - 1 || !this.#parts.send()) return false;
    this.#sent++;
    return true;
  }

  #wait(): void {
    const { hedgingDelayMs, maxAttempts } = this.#parts.policy;
    if (hedgingDelayMs === undefined || this.#sent >= maxAttempts - 1) return;
    this.#cancel = this.#parts.clock.after(hedgingDelayMs, () => {
      if (this.more()) this.#wait();
    });
  }

  /** No more of them; once. */
  finish(winner: TryKind | undefined): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const won = winner === "hedge" ? 1 : 0;
    for (let n = 0; n < this.#sent; n++) this.#parts.counts.countHedge(n < won ? "won" : "lost");
    this.#sent = 0;
  }
}
