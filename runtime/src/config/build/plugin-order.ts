// The names in `ordering` and `plugin_order`: a misspelt one would leave the order to the priorities.
import { childPath, quote } from "../faults.ts";
import { suggestion } from "../nearest.ts";
import { valueNode } from "../document/node.ts";
import type { ConfigNode, MappingNode } from "../document/node.ts";
import type { PluginConfig, RouteConfig } from "../model.ts";
import type { PluginFields } from "../schema/plugin.ts";
import type { RouteFields } from "../schema/route.ts";
import { covers } from "../scope.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";

/** As in Kong, the plugins that an entry names need not be at work; but there must be such plugins. */
export function checkOrdering(
  { record, fields }: Decoded<PluginFields>,
  entryNames: ReadonlySet<string>,
  context: BuildContext,
): void {
  const { before, after } = fields.ordering;
  if (before.access.length + after.access.length === 0) return;
  if (context.registry.resolve(record, "consumer").kind === "found") {
    const message =
      "expected no ordering in an entry for a consumer: the order is there before the consumer is known";
    addFieldFault(context, record, "ordering", message);
    return;
  }
  for (const side of ["before", "after"] as const) {
    for (const [index, name] of fields.ordering[side].access.entries()) {
      const fault = nameFault(name, fields.name, entryNames, context);
      if (fault === undefined) continue;
      const place = placeOf(record.node, record.path, ["ordering", side, "access", index]);
      context.faults.add(place.path, place.offset, fault);
    }
  }
}

function nameFault(
  name: string,
  own: string,
  entryNames: ReadonlySet<string>,
  context: BuildContext,
): string | undefined {
  if (name === own) return "expected another plugin than that of the entry itself";
  if (entryNames.has(name) || context.plugins.schema(name) !== undefined) return undefined;
  const known = [...context.plugins.names(), ...entryNames];
  return `there is no plugin ${quote(name)}${suggestion(name, known)}`;
}

/** A route can only order plugins that it has, at work or not. */
export function checkPluginOrder(
  { record }: Decoded<RouteFields>,
  route: RouteConfig,
  plugins: readonly PluginConfig[],
  context: BuildContext,
): void {
  const scope = { routeId: route.id, serviceId: route.serviceId };
  for (const [index, name] of route.pluginOrder.entries()) {
    const entries = plugins.filter((entry) => entry.name === name);
    if (entries.some((entry) => covers(entry, scope))) continue;
    const known = plugins.filter((entry) => covers(entry, scope)).map((entry) => entry.name);
    const place = placeOf(record.node, record.path, ["plugin_order", index]);
    const message = `the route has no plugin ${quote(name)}${suggestion(name, known)}`;
    context.faults.add(place.path, place.offset, message);
  }
}

function placeOf(
  node: MappingNode,
  path: string,
  segments: readonly (string | number)[],
): { readonly path: string; readonly offset: number } {
  let current: ConfigNode = node;
  for (const segment of segments) {
    path = childPath(path, segment);
    const child: ConfigNode | undefined =
      current.kind === "mapping"
        ? valueNode(current, String(segment))
        : current.kind === "list"
          ? current.items[Number(segment)]
          : undefined;
    current = child ?? current;
  }
  return { path, offset: current.offset };
}
