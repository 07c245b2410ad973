// A plugin entry of the config.
import { quote } from "../faults.ts";
import type { PluginConfig } from "../model.ts";
import type { PluginFields } from "../schema/plugin.ts";
import type { GrantsFields, LimitsFields, OrderingFields } from "../schema/plugin-rights.ts";
import type { BuildContext, Decoded } from "./context.ts";
import { buildPluginConfig } from "./plugin-config.ts";
import { buildWasm } from "./plugin-wasm.ts";

export function buildPlugin(
  plugin: Decoded<PluginFields>,
  context: BuildContext,
): PluginConfig | undefined {
  const { record, fields } = plugin;
  context.registry.claim(record, "instance_name", fields.instance_name);
  const built = buildPluginConfig(plugin, context);
  const wasm = buildWasm(plugin, context);
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
  if (built === undefined) return undefined;
  return {
    id: context.registry.idOf(record, ...identity, fields.instance_name ?? ""),
    name: fields.name,
    instanceName: fields.instance_name,
    enabled: fields.enabled,
    ...built,
    routeId,
    serviceId,
    consumerId,
    failStrategy: fields.fail_strategy,
    isolation: fields.isolation,
    limits: limitsOf(fields.limits),
    grants: grantsOf(fields.grants),
    ordering: orderingOf(fields.ordering),
    wasm,
    source: context.faults.positionOf(record.path, record.node.offset),
  };
}

function limitsOf(fields: LimitsFields): PluginConfig["limits"] {
  return {
    callMs: fields.call_ms,
    requestMs: fields.request_ms,
    memoryMb: fields.memory_mb,
  };
}

function grantsOf(fields: GrantsFields): PluginConfig["grants"] {
  const { fetch, targets, store, secrets, consumers } = fields;
  return {
    fetch: fetch.map((host) => host.toLowerCase()),
    privateAddresses: fields.private_addresses,
    targets: targets.map((target) => target.toLowerCase()),
    store,
    secrets,
    consumers,
  };
}

function orderingOf({ before, after }: OrderingFields): PluginConfig["ordering"] {
  return { before: before.access, after: after.access };
}
