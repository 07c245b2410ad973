// The quotas that the entries of an instance have opened.
import type { QuotaCounter } from "@sluice/plugin-sdk/counting";

/** Of one entry: its config has few. */
const MAX_OPEN = 16;

interface OpenQuota {
  readonly entry: number;
  readonly counter: QuotaCounter;
  /** Handle of the request that took from it last: what it says of the client is of that one. */
  takenBy: number;
}

export class OpenQuotas {
  readonly #opened: OpenQuota[] = [];

  /** Its id, from 1 on; undefined when the entry has too many. */
  add(entry: number, counter: QuotaCounter): number | undefined {
    const count = this.#opened.filter((each) => each.entry === entry).length;
    return count < MAX_OPEN ? this.#opened.push({ entry, counter, takenBy: 0 }) : undefined;
  }

  /** Undefined when the entry has none of that id. */
  of(entry: number | undefined, id: number): OpenQuota | undefined {
    const quota = this.#opened[id - 1];
    return quota?.entry === entry ? quota : undefined;
  }
}
