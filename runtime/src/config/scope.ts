// Which requests a plugin entry may run for.
import type { PluginConfig } from "./model.ts";

/** The ids of a route and its service; of neither for requests that no route takes. */
export interface RouteScope {
  readonly routeId: string | undefined;
  readonly serviceId: string | undefined;
}

/** Whether an entry may run for requests of the scope, of some consumer at least. */
export function covers(
  config: Pick<PluginConfig, "routeId" | "serviceId">,
  scope: RouteScope,
): boolean {
  return (
    (config.routeId === undefined || config.routeId === scope.routeId) &&
    (config.serviceId === undefined || config.serviceId === scope.serviceId)
  );
}
