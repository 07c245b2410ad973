// Where a request goes: an upstream's targets, and the algorithm that chooses one of them for a try.
import type { GatewayError } from "../errors.ts";
import type { Exchange, Try } from "../exchange.ts";
import type { Target } from "./target.ts";

/** An algorithm. Its clock and its random numbers come from outside. */
export interface Balancer {
  /** The targets to choose among from now on: those that may be used, each with a weight above 0. */
  use(targets: readonly Target[]): void;
  /**
   * Undefined when there are none. Targets already tried are avoided while there are others. It allocates nothing, and
   * takes the same time for ten thousand targets as for a hundred.
   */
  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined;
}

/** Hears of each try, for algorithms and health checks that go by what becomes of it. */
export interface TryObserver {
  begin(attempt: Try): void;
  /** The head of the response is here. */
  answered(attempt: Try, status: number, latencyMs: number): void;
  /** Nothing else is said of the try but its end. */
  failed(attempt: Try, error: GatewayError, latencyMs: number): void;
  /** Once for each try, whatever became of it. */
  end(attempt: Try): void;
}

/** What a service's requests may go to. */
export interface TargetPool {
  /** Undefined when nobody wants to know. */
  readonly observer: TryObserver | undefined;
  /** All of them, those that get nothing included. */
  readonly targets: readonly Target[];
  /** Undefined when none may be used. */
  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined;
}

/** From 0 up to, but not including, 1. */
export type Random = () => number;

/** Of a service without an upstream: there is nothing to choose. */
export class SingleTarget implements TargetPool {
  readonly observer = undefined;
  readonly targets: readonly Target[];
  readonly #target: Target;

  constructor(target: Target) {
    this.targets = [target];
    this.#target = target;
  }

  pick(): Target {
    return this.#target;
  }
}
