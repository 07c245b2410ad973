// A plugin entry of the config, with its config checked against the plugin's own schema.
import { childPath, quote } from "../faults.ts";
import { suggestion } from "../nearest.ts";
import { valueNode } from "../document/node.ts";
import type { ConfigNode, PlainValue } from "../document/node.ts";
import type { PluginConfig } from "../model.ts";
import { SchemaChecker } from "../plugin-schema/checker.ts";
import type { PluginFields } from "../schema/plugin.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";

export function buildPlugin(
  plugin: Decoded<PluginFields>,
  context: BuildContext,
): PluginConfig | undefined {
  const { record, fields } = plugin;
  context.registry.claim(record, "instance_name", fields.instance_name);
  const config = buildConfig(plugin, context);
  const scope = {
    route: context.registry.resolve(record, "route"),
    service: context.registry.resolve(record, "service"),
    consumer: context.registry.resolve(record, "consumer"),
  };
  const parts = Object.values(scope);
  if (parts.some((reference) => reference.kind === "broken")) return undefined;
  const ids = parts.map((reference) => (reference.kind === "found" ? reference.id : undefined));
  const [routeId, serviceId, consumerId] = ids;
  const identity = [fields.name, ...ids.map((id) => id ?? "")];
  const first = context.registry.firstWith(record, "scope", identity.join(" "));
  if (first !== undefined) {
    const message = `the plugin ${quote(fields.name)} has the same scope as ${first.path}`;
    context.faults.add(record.path, record.node.offset, message);
  }
  if (config === undefined) return undefined;
  return {
    id: context.registry.idOf(record, ...identity, fields.instance_name ?? ""),
    name: fields.name,
    instanceName: fields.instance_name,
    enabled: fields.enabled,
    config,
    routeId,
    serviceId,
    consumerId,
    source: context.faults.positionOf(record.path, record.node.offset),
  };
}

function buildConfig(
  { record, fields }: Decoded<PluginFields>,
  context: BuildContext,
): { readonly [key: string]: PlainValue } | undefined {
  const schema = context.plugins.schema(fields.name);
  if (schema === undefined) {
    const hint = suggestion(fields.name, context.plugins.names());
    addFieldFault(context, record, "name", `there is no plugin ${quote(fields.name)}${hint}`);
    return undefined;
  }
  const none: ConfigNode = { kind: "mapping", offset: record.node.offset, entries: new Map() };
  const node = valueNode(record.node, "config") ?? none;
  const checker = new SchemaChecker((path, offset, message) =>
    context.faults.add(path, offset, message),
  );
  const value = checker.check(node, schema, {
    path: childPath(record.path, "config"),
    isSecret: false,
  });
  if (value === undefined) return undefined;
  if (typeof value === "object" && value !== null && !isList(value)) return value;
  // The schema let something else than a mapping through, which the config cannot be.
  addFieldFault(context, record, "config", "expected a mapping");
  return undefined;
}

// Array.isArray does not narrow readonly arrays.
function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}
