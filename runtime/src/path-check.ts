// Whether a path that is more than plain segments may go to the route that it leads to.
import { GatewayError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { DEFAULT_REFUSED_ESCAPES, leadsElsewhere } from "./routing/path-policy.ts";
import type { RouteMatch } from "./routing/router.ts";

/** Throws for what the route does not take, and for what a server could take for another route's path (P3, P6). */
export function checkPath(exchange: Exchange): void {
  const { route, routedPath: path, match, snapshot, method, host, authority } = exchange;
  if ((route?.refusedEscapes ?? DEFAULT_REFUSED_ESCAPES).test(path)) {
    throw new GatewayError("bad_request", "the path has an escape that its route does not allow");
  }
  const headers = (name: string): readonly string[] => exchange.headers(name);
  const find = (other: string): RouteMatch | undefined =>
    snapshot?.match({ method, host, authority, path: other, headers });
  if (match !== undefined && leadsElsewhere(path, match, find)) {
    throw new GatewayError("bad_request", "the path can be read as that of another route");
  }
}
