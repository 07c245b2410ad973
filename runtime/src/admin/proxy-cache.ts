// Kong's calls that empty the cache of the plugin proxy-cache. What is older than the call is not served any more; the
// plugin looks at these marks, whatever keeps its entries.
import type { Hono } from "hono";
import type { Store } from "../store/store.ts";

/** The plugin's own keys, see plugins/proxy-cache/lookup.ts. */
const PURGED = "proxy-cache\0purged";
const UNTIL_EVICTED = 0;

export function addProxyCache(app: Hono, store: Store, now: () => number = Date.now): void {
  app.delete("/proxy-cache", (c) => {
    store.set(PURGED, String(now()), UNTIL_EVICTED);
    return c.body(null, 204);
  });
  app.delete("/proxy-cache/:key{[0-9a-f]{64}}", (c) => {
    store.set(`${PURGED}:${c.req.param("key")}`, String(now()), UNTIL_EVICTED);
    return c.body(null, 204);
  });
}
