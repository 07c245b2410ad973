// Kong's calls that empty the cache of the plugin proxy-cache. What is older than the call is not served any more; the
// plugin looks at these marks, whatever keeps its entries.
import type { Hono } from "hono";
import type { Store } from "../store/store.ts";

/** The plugin's own keys, see plugins/proxy-cache/lookup.ts. */
const PURGED = "proxy-cache\0purged";
const UNTIL_EVICTED = 0;

export function addProxyCache(app: Hono, store: Store, now: () => number = Date.now): void {
  /** Under one key: when all was purged, and when anything was, so that usually one look tells that nothing was. */
  const purge = (key?: string): void => {
    const atMs = now();
    const [allMs = 0, lastMs = 0] = store.get(PURGED)?.split(" ").map(Number) ?? [];
    // A clock that was set back makes no earlier mark void.
    const latestMs = Math.max(atMs, lastMs);
    if (key !== undefined) store.set(`${PURGED}:${key}`, String(atMs), UNTIL_EVICTED);
    store.set(PURGED, `${key === undefined ? latestMs : allMs} ${latestMs}`, UNTIL_EVICTED);
  };
  app.delete("/proxy-cache", (c) => {
    purge();
    return c.body(null, 204);
  });
  app.delete("/proxy-cache/:key{[0-9a-f]{64}}", (c) => {
    purge(c.req.param("key"));
    return c.body(null, 204);
  });
}
