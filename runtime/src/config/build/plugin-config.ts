// The config of a plugin entry: checked against the plugin's own schema, defaults filled in, secrets looked up.
import { childPath, quote } from "../faults.ts";
import { suggestion } from "../nearest.ts";
import { valueNode } from "../document/node.ts";
import type { ConfigNode, PlainValue } from "../document/node.ts";
import type { PluginConfig } from "../model.ts";
import { SchemaChecker } from "../plugin-schema/checker.ts";
import { endpointsOf } from "../plugin-schema/endpoints.ts";
import type { PluginFields } from "../schema/plugin.ts";
import { secretReference } from "../../secrets/reference.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";

export type BuiltConfig = Pick<PluginConfig, "config" | "configWithSecrets" | "endpoints">;
type Mapping = { readonly [key: string]: PlainValue };

/** Undefined when a fault was logged. */
export function buildPluginConfig(
  { record, fields }: Decoded<PluginFields>,
  context: BuildContext,
): BuiltConfig | undefined {
  const schema = context.plugins.schema(fields.name);
  if (schema === undefined) {
    const hint = suggestion(fields.name, context.plugins.names());
    addFieldFault(context, record, "name", `there is no plugin ${quote(fields.name)}${hint}`);
    return undefined;
  }
  const none: ConfigNode = { kind: "mapping", offset: record.node.offset, entries: new Map() };
  const written = valueNode(record.node, "config") ?? none;
  const path = childPath(record.path, "config");
  const resolved = withSecrets(written, path, context);
  if (resolved === undefined) return undefined;
  const checker = new SchemaChecker((...fault) => context.faults.add(...fault));
  const configWithSecrets = checker.check(resolved, schema, { path, isSecret: false });
  if (configWithSecrets === undefined) return undefined;
  if (isMapping(configWithSecrets)) {
    // What the schema filled in stands nowhere in the file and keeps its value.
    const config = asWritten(configWithSecrets, written);
    const endpoints = endpointsOf(schema, written, configWithSecrets);
    if (isMapping(config)) return { config, configWithSecrets, endpoints };
  }
  // The schema let something else than a mapping through, which the config cannot be.
  addFieldFault(context, record, "config", "expected a mapping");
  return undefined;
}

/**
 * The tree with the secrets in place of the references to them; undefined when a fault was logged. Only what the
 * operator wrote is looked at: a default of the plugin's schema must not be able to name a secret.
 */
export function withSecrets(
  node: ConfigNode,
  path: string,
  context: BuildContext,
): ConfigNode | undefined {
  switch (node.kind) {
    case "scalar": {
      const reference = secretReference(node.text);
      if (reference === undefined || typeof node.value !== "string") return node;
      if (reference.kind === "malformed") {
        context.faults.add(path, node.offset, 'expected a reference like "{vault://env/name}"');
        return undefined;
      }
      const value = context.secrets.get(reference.name);
      if (value !== undefined) return { ...node, value, isSecret: true };
      const message = `the environment variable ${reference.variable} is not set`;
      context.faults.add(path, node.offset, message);
      return undefined;
    }
    case "list": {
      const items = node.items.map((item, index) =>
        withSecrets(item, childPath(path, index), context),
      );
      const found = items.filter((item) => item !== undefined);
      return found.length < items.length ? undefined : { ...node, items: found };
    }
    case "mapping": {
      const entries = new Map(node.entries);
      let isComplete = true;
      for (const [key, entry] of node.entries) {
        const value = withSecrets(entry.value, childPath(path, key), context);
        if (value === undefined) isComplete = false;
        else entries.set(key, { ...entry, value });
      }
      return isComplete ? { ...node, entries } : undefined;
    }
  }
}

/** The value with the references as they stand in the file. */
function asWritten(value: PlainValue, node: ConfigNode | undefined): PlainValue {
  if (node === undefined) return value;
  if (node.kind === "scalar") {
    return secretReference(node.text)?.kind === "reference" ? node.text : value;
  }
  if (isList(value)) {
    return value.map((item, index) =>
      asWritten(item, node.kind === "list" ? node.items[index] : undefined),
    );
  }
  if (!isMapping(value) || node.kind !== "mapping") return value;
  const entries = Object.entries(value).map(([key, member]) => {
    return [key, asWritten(member, node.entries.get(key)?.value)] as const;
  });
  return Object.fromEntries(entries);
}

// Array.isArray does not narrow readonly arrays.
function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}

function isMapping(value: PlainValue): value is Mapping {
  return typeof value === "object" && value !== null && !isList(value);
}
