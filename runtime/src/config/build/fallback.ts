// The fallback of a route or a service.
import type { ErrorCode } from "../../errors.ts";
import { childPath } from "../faults.ts";
import { valueNode } from "../document/node.ts";
import type { EntityRecord } from "../entities/structure.ts";
import type { FallbackCauses, FallbackConfig } from "../fallback-model.ts";
import type { RouteConfig, ServiceConfig } from "../model.ts";
import type { FallbackCause, FallbackFields } from "../schema/fallback.ts";
import type { BuildContext } from "./context.ts";

export function buildFallback(
  fields: FallbackFields,
  record: EntityRecord,
  context: BuildContext,
): FallbackConfig | undefined {
  const node = valueNode(record.node, "fallback");
  if (node?.kind !== "mapping") return undefined;
  const path = childPath(record.path, "fallback");
  const service = context.registry.resolveWithin(node, path, "service");
  const { cache, answer } = fields;
  if (cache === undefined && answer === undefined && service.kind === "absent") {
    context.faults.add(path, node.offset, "expected at least one of cache, service, answer");
  }
  return {
    on: causesOf(fields.on),
    cache: cache && {
      maxEntries: cache.max_entries,
      maxBytes: cache.max_bytes,
      storageTtlMs: cache.storage_ttl * 1000,
    },
    serviceId: service.kind === "found" ? service.id : undefined,
    answer: answer && { ...answer, headers: Object.entries(answer.headers) },
  };
}

function causesOf(on: readonly (FallbackCause | number)[]): FallbackCauses {
  const codes = on.flatMap((cause) => (typeof cause === "number" ? [] : CODES[cause]));
  const statuses = on.filter((cause) => typeof cause === "number");
  return { codes: new Set(codes), statuses: new Set(statuses) };
}

const CODES: Readonly<Record<FallbackCause, readonly ErrorCode[]>> = {
  circuit_open: ["circuit_open"],
  no_target: ["no_target"],
  overloaded: ["upstream_overloaded", "bulkhead_full"],
  timeout: [
    "upstream_connect_timeout",
    "upstream_timeout",
    "upstream_head_timeout",
    "upstream_try_timeout",
    "upstream_write_timeout",
    "route_timeout",
  ],
  upstream_error: [
    "upstream_connect_failed",
    "upstream_invalid_response",
    "upstream_reset",
    "upstream_stale",
    "name_resolution_failed",
    "app_failed",
  ],
};

/** A request that falls back from service to service must come to an end. */
export function checkFallbacks(
  routes: readonly RouteConfig[],
  services: readonly ServiceConfig[],
  context: BuildContext,
): void {
  const byId = new Map(services.map((service) => [service.id, service]));
  for (const service of services) checkWay(service, [service.id], byId, context);
  for (const route of routes) {
    const { serviceId, fallback } = route;
    // Without one of its own it has its service's, which was checked.
    if (fallback !== undefined)
      checkWay(route, serviceId === undefined ? [] : [serviceId], byId, context);
  }
}

function checkWay(
  from: RouteConfig | ServiceConfig,
  start: readonly string[],
  byId: ReadonlyMap<string, ServiceConfig>,
  context: BuildContext,
): void {
  const way = [...start];
  for (let next = from.fallback?.serviceId; next !== undefined;) {
    const isLoop = way.includes(next);
    way.push(next);
    if (isLoop) {
      const names = way.map((id) => byId.get(id)?.name ?? id).join(" > ");
      const path = childPath(childPath(from.source.path, "fallback"), "service");
      return context.faults.addAt(
        { ...from.source, path },
        `expected a service that does not lead back here: ${names}`,
      );
    }
    next = byId.get(next)?.fallback?.serviceId;
  }
}
