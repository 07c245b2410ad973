// All names that the gateway needs addresses of: one look-up for whoever asks, for as long as somebody needs it.
import type { Resolution } from "./name-lookup.ts";
import { Turns } from "./turns.ts";
import { WatchedName } from "./watched-name.ts";
import type { WatchedNameParts } from "./watched-name.ts";

export type NamesParts = Pick<WatchedNameParts, "times" | "clock" | "random" | "lookUp"> & {
  /** For the log: a name stands for something else, or look-ups begin to fail or to work. */
  onNews(name: WatchedName, what: "changed" | "fault"): void;
};

/** Look-ups under way at once. */
const MAX_LOOK_UPS = 64;

interface Entry {
  readonly name: WatchedName;
  readonly watchers: Set<() => void>;
}

export interface NameWatch {
  readonly name: WatchedName;
  stop(): void;
}

export class Names {
  readonly #parts: NamesParts;
  readonly #entries = new Map<string, Entry>();
  readonly #turns = new Turns(MAX_LOOK_UPS);
  /** How often a look-up ended how. */
  readonly lookUps: Record<Resolution["kind"], number> = { found: 0, not_found: 0, failed: 0 };

  constructor(parts: NamesParts) {
    this.#parts = parts;
  }

  /** Looks the name up, and again in time, until all who watch it have stopped. */
  watch(name: string, onChange: () => void): NameWatch {
    const entry = this.#entries.get(name) ?? this.#start(name);
    entry.watchers.add(onChange);
    return {
      name: entry.name,
      stop: () => {
        entry.watchers.delete(onChange);
        if (entry.watchers.size > 0) return;
        entry.name.stop();
        if (this.#entries.get(name) === entry) this.#entries.delete(name);
      },
    };
  }

  #start(name: string): Entry {
    const watchers = new Set<() => void>();
    const { times, clock, random } = this.#parts;
    const watched = new WatchedName(name, {
      times,
      clock,
      random,
      lookUp: (...asked) => this.#turns.take(() => this.#parts.lookUp(...asked)),
      onLookedUp: (outcome) => this.lookUps[outcome]++,
      onFault: (name) => this.#parts.onNews(name, "fault"),
      onChange: (changed) => {
        this.#parts.onNews(changed, "changed");
        for (const tell of watchers) tell();
      },
    });
    const entry = { name: watched, watchers };
    this.#entries.set(name, entry);
    watched.start();
    return entry;
  }
}
