// Picks the target for one try of a request.
import type { Target } from "./target.ts";

export interface Balancer {
  readonly targets: readonly Target[];
  /** Undefined when no target may be used. Targets already tried are avoided while there are others. */
  pick(tried: readonly Target[]): Target | undefined;
}
