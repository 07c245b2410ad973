// What bounds the tries of an upstream: Envoy's circuit_breakers, and the limit that its latencies suggest. It outlives each
// config, as what it counts does.
import type { BoundsConfig, GradientControllerConfig } from "../../config/bounds-model.ts";
import { isDeepStrictEqual } from "node:util";
import { GatewayError } from "../../errors.ts";
import type { Exchange, Try, TryKind } from "../../exchange.ts";
import type { Admission, Admitted } from "../admission.ts";
import type { Random } from "../balancer.ts";
import type { Clock } from "../clock.ts";
import { GradientController } from "../concurrency/gradient-controller.ts";
import type { ConnectionBound } from "../transport.ts";
import { Slots } from "./slots.ts";
import { enterOrWait, giveBack } from "./wait.ts";

export interface BoundsParts {
  readonly upstream: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Threads that share the bounds between them. */
  readonly threads: number;
}

/** Of an upstream. */
export interface BoundedBy {
  readonly bounds?: BoundsConfig | undefined;
  readonly adaptiveConcurrency?: GradientControllerConfig | undefined;
}

export function isBounded({ bounds, adaptiveConcurrency }: BoundedBy): boolean {
  return bounds !== undefined || adaptiveConcurrency !== undefined;
}

export interface BoundsReport {
  readonly activeRequests: number;
  readonly pendingRequests: number;
  readonly activeRetries: number;
  /** Requests at once; undefined when there is no limit. */
  readonly limit: number | undefined;
  /** Best latency that adaptive concurrency has measured. */
  readonly minRttMs: number | undefined;
  readonly refused: Readonly<Record<Refusal, number>>;
}

/** No place in the queue, waited for too long, or too many retries. */
export type Refusal = (typeof REFUSALS)[number];
export const REFUSALS = ["queue_full", "pending_timeout", "max_retries"] as const;

export class Bounds implements Admission {
  readonly #parts: BoundsParts;
  readonly #slots: Slots;
  #boundedBy: BoundedBy = {};
  #controller: GradientController | undefined;
  #retries = 0;
  readonly #refused: Record<Refusal, number> = {
    queue_full: 0,
    pending_timeout: 0,
    max_retries: 0,
  };

  constructor(parts: BoundsParts) {
    this.#parts = parts;
    this.#slots = new Slots(parts.clock);
  }

  renew({ bounds, adaptiveConcurrency }: BoundedBy): void {
    const isSame = isDeepStrictEqual(adaptiveConcurrency, this.#boundedBy.adaptiveConcurrency);
    this.#boundedBy = { bounds, adaptiveConcurrency };
    if (!isSame) {
      this.#controller?.stop();
      this.#controller = adaptiveConcurrency && this.#control(adaptiveConcurrency);
    }
    this.#applyLimit();
  }

  /** Of the connections that the config's tries take. */
  connections({ bounds }: BoundedBy): ConnectionBound | undefined {
    if (bounds?.maxConnections === undefined) return undefined;
    return { upstream: this.#parts.upstream, max: this.#share(bounds.maxConnections) };
  }

  stop(): void {
    this.#controller?.stop();
  }

  enter(exchange: Exchange, kind: TryKind): Admitted | Promise<Admitted> {
    if (kind !== "first") {
      const most = this.#share(this.#boundedBy.bounds?.maxRetries);
      if (this.#retries >= most)
        return this.#refuse("max_retries", `${most} retries are under way`);
      this.#retries++;
    }
    if (this.#slots.take()) return undefined;
    const { bounds } = this.#boundedBy;
    const service = exchange.fallbackService ?? exchange.route?.service;
    const giveRetryBack = (): void => void (kind !== "first" && this.#retries--);
    return enterOrWait(exchange, {
      slots: this.#slots,
      // A try beside another one is worth nothing when it comes late.
      maxWaiting: kind === "hedge" ? 0 : this.#share(bounds?.maxPendingRequests ?? 0),
      timeoutMs: bounds?.pendingTimeoutMs ?? service?.config.connectTimeoutMs ?? 0,
      onGivenUp: giveRetryBack,
      refuse: (refusal) => {
        giveRetryBack();
        const { taken, waiting } = this.#slots;
        return this.#refuse(refusal, `${taken} requests are under way and ${waiting} wait`);
      },
    });
  }

  leave(exchange: Exchange, kind: TryKind): void {
    if (kind !== "first") this.#retries--;
    giveBack(this.#slots, exchange);
  }

  answered({ startedAtMs }: Try, latencyMs: number): void {
    this.#controller?.record(startedAtMs, latencyMs);
  }

  report(): BoundsReport | undefined {
    if (!isBounded(this.#boundedBy)) return undefined;
    const { taken, waiting, limit } = this.#slots;
    return {
      activeRequests: taken,
      pendingRequests: waiting,
      activeRetries: this.#retries,
      limit: limit === Infinity ? undefined : limit,
      minRttMs: this.#controller?.minRttMs,
      refused: { ...this.#refused },
    };
  }

  #refuse(refusal: Refusal, why: string): GatewayError {
    this.#refused[refusal]++;
    return new GatewayError("upstream_overloaded", `${this.#parts.upstream}: ${refusal}, ${why}`);
  }

  #control(config: GradientControllerConfig): GradientController {
    const { clock, random } = this.#parts;
    return new GradientController({ config, clock, random, onLimit: () => this.#applyLimit() });
  }

  /** What each thread finds out by measuring is its own; what the config says is for all of them. */
  #applyLimit(): void {
    const { bounds } = this.#boundedBy;
    this.#slots.limit = Math.min(
      this.#share(bounds?.maxConnections),
      this.#share(bounds?.maxRequests),
      this.#controller?.limit ?? Infinity,
    );
  }

  #share(bound: number | undefined): number {
    return bound === undefined ? Infinity : Math.ceil(bound / this.#parts.threads);
  }
}
