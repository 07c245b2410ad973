// `fetch` for what belongs to no request: timers, and caches that several requests wait for.
import type { FetchInit, FetchResponse } from "./fetch-types.ts";
import { moduleHost } from "./module-host.ts";

/**
 * Asks a server, as `ctx.fetch` does, but does not end with the request in whose handler it is called. Use it where
 * several requests wait for one answer, and in timers; not in `configure` and not while the plugin is built.
 * The grants are those of the plugin entry whose handler, timer or answer the gateway runs at this moment.
 */
export function fetch(url: string | URL, init?: FetchInit): Promise<FetchResponse> {
  return moduleHost().fetch(url, init);
}
