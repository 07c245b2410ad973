// Where a request goes: an upstream's targets, and the algorithm that chooses one of them for a try.
import type { GatewayError } from "../errors.ts";
import type { Exchange, Try } from "../exchange.ts";
import type { Admission } from "./admission.ts";
import type { Target } from "./target.ts";
import type { ConnectionBound } from "./transport.ts";

/** An algorithm, made for a list of targets. Its clock and its random numbers come from outside. */
export interface Balancer {
  /**
   * From now on the target at this place of the list counts for so much: 0 for not at all, at most its own weight. Before,
   * all of them count 0. Takes O(log n), so that targets of thousands may come and go under load.
   */
  weigh(place: number, weight: number): void;
  /** Undefined when none counts. Targets already tried are avoided while there are others. O(log n) at most. */
  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined;
  /** From 0 up to 1, always the same for requests that are to go to the same target; undefined for all others. */
  fractionOf?(exchange: Exchange): number | undefined;
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
  /** What each try has to pass; undefined when nothing is bounded. */
  readonly admission?: Admission | undefined;
  /** Undefined when connections are not bounded. */
  readonly connections?: ConnectionBound | undefined;
  /** All of them, those that get nothing included. */
  readonly targets: readonly Target[];
  /** Undefined when none may be used. */
  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined;
  /** Why none may be used, when it is not just that there is none. */
  refusal?(exchange: Exchange): GatewayError | undefined;
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
