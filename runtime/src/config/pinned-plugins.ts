// Which modules a config needs before its plugin entries can be checked: those that it pins with `wasm`.
import { LineCounter } from "yaml";
import { buildWasm } from "./build/plugin-wasm.ts";
import { readDocument } from "./document/read.ts";
import { decode } from "./entities/decode.ts";
import { collectionsOf, gatherEntities } from "./entities/structure.ts";
import { FaultLog } from "./faults.ts";
import type { PluginWasm, SourcePosition } from "./model.ts";
import { pluginSchema } from "./schema/plugin.ts";

/** A plugin whose module the config names. */
export interface PinnedPlugin {
  readonly name: string;
  readonly wasm: PluginWasm;
  /** Some entry of the plugin is enabled. */
  readonly isMandatory: boolean;
  /** Of an entry that pins it. */
  readonly source: SourcePosition;
}

/** Faults are passed over: whoever parses the config finds them. `file` is the config's own path. */
export function pinnedPlugins(text: string, file: string): readonly PinnedPlugin[] {
  // Most configs pin nothing, and large ones take a while to read.
  if (!text.includes("sha256")) return [];
  const lines = new LineCounter();
  const faults = new FaultLog(lines);
  const root = readDocument(text, lines, faults);
  if (root?.kind !== "mapping") return [];
  const pinned = new Map<string, PinnedPlugin>();
  const enabled = new Set<string>();
  for (const record of gatherEntities(root, faults).records) {
    if (record.kind !== "plugin") continue;
    const { path, node } = record;
    const otherKeys = collectionsOf("plugin");
    const target = { what: "a plugin", path, node, otherKeys, isSecret: false };
    const fields = decode(pluginSchema, target, faults);
    if (fields === undefined) continue;
    const { name } = fields;
    if (fields.enabled) enabled.add(name);
    const wasm = buildWasm({ record, fields }, { faults, file });
    if (wasm === undefined || pinned.has(name)) continue;
    const source = faults.positionOf(path, node.offset);
    pinned.set(name, { name, wasm, isMandatory: false, source });
  }
  return [...pinned.values()].map((pin) => ({ ...pin, isMandatory: enabled.has(pin.name) }));
}
