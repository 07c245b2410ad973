// Which targets have changed, for those who look now and then: they take up what is new since, one by one, or everything
// when that is too much.
import type { TargetState } from "./target-state.ts";

const MAX_ENTRIES = 1024;

export class ChangeJournal {
  /** Grows with each change. */
  version = 0;
  /** The latest, each at its version modulo the length. */
  readonly #entries: TargetState[] = [];

  record(state: TargetState): void {
    this.#entries[this.version % MAX_ENTRIES] = state;
    this.version++;
  }

  /** False when it does not know any more what has changed since that version. */
  since(version: number, visit: (state: TargetState) => void): boolean {
    if (this.version - version > MAX_ENTRIES) return false;
    for (let at = version; at < this.version; at++) {
      const state = this.#entries[at % MAX_ENTRIES];
      if (state !== undefined) visit(state);
    }
    return true;
  }
}
