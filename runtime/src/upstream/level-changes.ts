// How often the priorities of an upstream came into use, went out of it, or were in panic.
import { LEVEL_CHANGES } from "./events.ts";
import type { LevelChange, LevelChangeKind } from "./events.ts";

export type LevelChangeCounts = Readonly<Record<LevelChangeKind, number>>;

const NONE: LevelChangeCounts = { used: 0, unused: 0, panic: 0, panic_over: 0 };

export class LevelChanges {
  readonly #counts = new Map<number, LevelChangeCounts>();

  count({ priority, kind }: Pick<LevelChange, "priority" | "kind">): void {
    const counts = this.of(priority);
    this.#counts.set(priority, { ...counts, [kind]: counts[kind] + 1 });
  }

  of(priority: number): LevelChangeCounts {
    return this.#counts.get(priority) ?? NONE;
  }
}

export function sumOfLevelChanges(all: readonly LevelChangeCounts[]): LevelChangeCounts {
  const sums = { ...NONE };
  for (const counts of all) for (const kind of LEVEL_CHANGES) sums[kind] += counts[kind];
  return sums;
}
