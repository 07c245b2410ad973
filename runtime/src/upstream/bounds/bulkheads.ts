// Resilience4j's bulkhead: so many requests of a route at once, so that a slow upstream takes no more than its part of the gateway.
import type { BulkheadConfig } from "../../config/bounds-model.ts";
import { GatewayError } from "../../errors.ts";
import type { Exchange } from "../../exchange.ts";
import type { Admission, Admitted } from "../admission.ts";
import type { Clock } from "../clock.ts";
import { Slots } from "./slots.ts";
import { enterOrWait, giveBack } from "./wait.ts";

export interface BulkheadReport {
  /** Name or id. */
  readonly route: string;
  readonly activeCalls: number;
  readonly waitingCalls: number;
  readonly maxConcurrentCalls: number;
  readonly refused: number;
}

/** Of a route; it outlives each config. */
export class Bulkhead implements Admission {
  readonly #slots: Slots;
  readonly #threads: number;
  #config: BulkheadConfig;
  #refused = 0;

  constructor(config: BulkheadConfig, clock: Clock, threads: number) {
    this.#slots = new Slots(clock);
    this.#threads = threads;
    this.#config = config;
    this.renew(config);
  }

  renew(config: BulkheadConfig): void {
    this.#config = config;
    this.#slots.limit = Math.ceil(config.maxConcurrentCalls / this.#threads);
  }

  enter(exchange: Exchange): Admitted | Promise<Admitted> {
    if (this.#slots.take()) return undefined;
    const { maxWaitDurationMs, queueCapacity } = this.#config;
    return enterOrWait(exchange, {
      slots: this.#slots,
      maxWaiting: Math.ceil(queueCapacity / this.#threads),
      timeoutMs: maxWaitDurationMs,
      refuse: (refusal) => {
        this.#refused++;
        const { taken, waiting } = this.#slots;
        const why = `${taken} requests are under way and ${waiting} wait`;
        return new GatewayError("bulkhead_full", `${refusal}, ${why}`);
      },
    });
  }

  leave(exchange: Exchange): void {
    giveBack(this.#slots, exchange);
  }

  report(route: string): BulkheadReport {
    return {
      route,
      activeCalls: this.#slots.taken,
      waitingCalls: this.#slots.waiting,
      maxConcurrentCalls: this.#config.maxConcurrentCalls,
      refused: this.#refused,
    };
  }
}

/** A route, as far as it matters here. */
export interface BulkheadOwner {
  readonly id: string;
  readonly name: string | undefined;
  readonly bulkhead?: BulkheadConfig | undefined;
}

/** Those of all routes. */
export class Bulkheads {
  readonly #clock: Clock;
  readonly #threads: number;
  readonly #byRoute = new Map<string, Bulkhead>();
  #live: readonly BulkheadOwner[] = [];

  constructor(clock: Clock, threads: number) {
    this.#clock = clock;
    this.#threads = threads;
  }

  /** Of a route, new or as it is; a change of its config counts from {@link activate} on. */
  of({ id, bulkhead: config }: BulkheadOwner): Bulkhead | undefined {
    if (config === undefined) return undefined;
    let bulkhead = this.#byRoute.get(id);
    if (bulkhead === undefined) {
      this.#byRoute.set(id, (bulkhead = new Bulkhead(config, this.#clock, this.#threads)));
    }
    return bulkhead;
  }

  /** These routes are live, and no others. */
  activate(routes: readonly BulkheadOwner[]): void {
    this.#live = routes.filter(({ bulkhead }) => bulkhead !== undefined);
    const ids = new Set(this.#live.map(({ id }) => id));
    for (const id of this.#byRoute.keys()) if (!ids.has(id)) this.#byRoute.delete(id);
    for (const route of this.#live) if (route.bulkhead) this.of(route)?.renew(route.bulkhead);
  }

  report(): BulkheadReport[] {
    return this.#live.flatMap((route) => this.of(route)?.report(route.name ?? route.id) ?? []);
  }
}
