// The caches of routes' last good answers, which outlive each config that says the same of them.
import { isDeepStrictEqual } from "node:util";
import type { FallbackCacheConfig } from "../config/fallback-model.ts";
import { AnswerCache } from "./answer-cache.ts";

interface Kept {
  readonly cache: AnswerCache;
  readonly config: FallbackCacheConfig;
  /** Where the answers came from. */
  readonly origin: unknown;
}

export class AnswerCaches {
  readonly #byRoute = new Map<string, Kept>();

  /** Of a route, by its id: empty when its config or its origin has changed. */
  of(routeId: string, config: FallbackCacheConfig, origin: unknown): AnswerCache {
    const kept = this.#byRoute.get(routeId);
    if (kept !== undefined && isDeepStrictEqual([kept.config, kept.origin], [config, origin])) {
      return kept.cache;
    }
    const cache = new AnswerCache(config);
    this.#byRoute.set(routeId, { cache, config, origin });
    return cache;
  }

  /** Forgets those of all other routes. */
  keep(routeIds: ReadonlySet<string>): void {
    for (const id of this.#byRoute.keys()) if (!routeIds.has(id)) this.#byRoute.delete(id);
  }
}
