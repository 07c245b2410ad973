// Targets of one priority: how much of their weight is healthy and usable, counted along as targets change.
import type { LevelHealth, LevelLoad } from "./level-loads.ts";

export class LevelWeights implements LevelHealth {
  readonly priority: number;
  /** Places of its targets. */
  readonly places: number[] = [];
  total = 0;
  healthy = 0;
  usable = 0;
  isPanic: boolean;
  /** Share of the requests, 0 to 1. */
  load: number;

  constructor(priority: number, { load, isPanic }: LevelLoad) {
    this.priority = priority;
    this.load = load;
    this.isPanic = isPanic;
  }
}
