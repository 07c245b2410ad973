// The quotas that an instance has opened.
import type { QuotaCounter } from "../counting/index.ts";
import type { PhaseCall } from "./phase-calls.ts";

/** In one configure. */
const MAX_OPEN = 16;

export interface OpenQuota {
  readonly counter: QuotaCounter;
  readonly openedBy: PhaseCall;
  /** What it tells is of the client of that call. */
  takenBy: PhaseCall | undefined;
}

export class OpenQuotas {
  readonly #opened: OpenQuota[] = [];

  /** Its id, from 1 on; undefined when there are too many. */
  add(counter: QuotaCounter, openedBy: PhaseCall): number | undefined {
    const count = this.#opened.filter((each) => each.openedBy === openedBy).length;
    return count < MAX_OPEN
      ? this.#opened.push({ counter, openedBy, takenBy: undefined })
      : undefined;
  }

  of(id: number): OpenQuota | undefined {
    return this.#opened[id - 1];
  }
}
