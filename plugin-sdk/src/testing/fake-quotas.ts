// Quotas in unit tests: counted as in the gateway, in the store of the fake gateway and by its clock.
import { Fault } from "../abi.ts";
import { MAX_COST, QuotaCounter, isCost, readQuotaDefinition } from "../counting/index.ts";
import type { Counters, QuotaDefinition, QuotaValue } from "../counting/index.ts";

/** Of this process, by id, from 1 on. */
const definitions: QuotaDefinition[] = [];

export function fakeQuotaOpen(options: string): number {
  const definition = readQuotaDefinition(options);
  return definition === undefined ? Fault.badValue : definitions.push(definition);
}

/** One run of a handler: what it took from is its own until it ends. */
export type HandlerCall = object;

interface CountedQuota {
  readonly counter: QuotaCounter;
  takenBy: HandlerCall | undefined;
}

/** The counters of one fake gateway. */
export class FakeQuotas {
  readonly #counters: Counters;
  readonly #byId = new Map<number, CountedQuota>();

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Throws for a quota that nobody opened, and RangeError for a cost that is none. */
  take(
    call: HandlerCall,
    id: number,
    identifier: string,
    {
      entryId,
      cost,
      nowMs,
    }: { readonly entryId: string; readonly cost: number; readonly nowMs: number },
  ): boolean {
    const quota = this.#quotaOf(id, entryId);
    if (quota === undefined) throw new Error(`There is no quota ${id}`);
    if (!isCost(cost)) {
      throw new RangeError(`A cost is a whole number from 1 to ${MAX_COST}, not ${cost}`);
    }
    quota.takenBy = call;
    return quota.counter.take(identifier, cost, nowMs);
  }

  /** Throws an Error unless the last take was this call's, and TypeError for a window that there is not. */
  valueOf(call: HandlerCall, id: number, window: string, value: QuotaValue): number {
    const quota = this.#byId.get(id);
    if (quota?.takenBy !== call) {
      throw new Error(`There is no ${value} of quota ${id}: this call took nothing from it last`);
    }
    const known = quota.counter.valueOf(window, value);
    if (known === undefined) throw new TypeError(`There is no ${window} in quota ${id}`);
    return known;
  }

  /** An entry that is configured anew goes on with its counts. */
  #quotaOf(id: number, entryId: string): CountedQuota | undefined {
    const known = this.#byId.get(id);
    const definition = definitions[id - 1];
    if (known !== undefined || definition === undefined) return known;
    const prefix = `quota:${entryId}:${definition.name}`;
    const counter = new QuotaCounter(this.#counters, prefix, definition);
    const created: CountedQuota = { counter, takenBy: undefined };
    this.#byId.set(id, created);
    return created;
  }
}
