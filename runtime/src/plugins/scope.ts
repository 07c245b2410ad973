// Which entry of a plugin a request gets: one per plugin name, by Kong's precedence (plugins_iterator.lookup_cfg).
import type { PluginConfig } from "../config/model.ts";
import { covers } from "../config/scope.ts";
import type { RouteScope } from "../config/scope.ts";
import type { ChainLink } from "./chain.ts";
import type { Plugin } from "./plugin.ts";

/** A plugin entry of the config and the plugin that runs it. */
export interface BoundEntry {
  readonly config: PluginConfig;
  readonly plugin: Plugin;
  /** Index of the entry within its plugin. */
  readonly index: number;
}

/** A link before it has its place in a chain. */
export interface ChainMember extends ChainLink {
  /** The entry for requests without a consumer, else the best of the others: its `ordering` counts. */
  readonly config: PluginConfig;
}

/** The plugins of a route, each once, by name. */
export function chainMembers(entries: readonly BoundEntry[], scope: RouteScope): ChainMember[] {
  const byPlugin = new Map<Plugin, BoundEntry[]>();
  for (const entry of entries) {
    if (!entry.config.enabled || !covers(entry.config, scope)) continue;
    const group = byPlugin.get(entry.plugin);
    if (group === undefined) byPlugin.set(entry.plugin, [entry]);
    else group.push(entry);
  }
  return [...byPlugin.entries()]
    .flatMap(([plugin, group]) => {
      const chosen = choose(group);
      return chosen === undefined ? [] : [{ plugin, ...chosen }];
    })
    .toSorted((a, b) => compare(a.plugin.name, b.plugin.name));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function choose(group: readonly BoundEntry[]): Omit<ChainMember, "plugin"> | undefined {
  const ranked = group.toSorted((a, b) => rank(b.config) - rank(a.config));
  const general = ranked.find(({ config }) => config.consumerId === undefined);
  const consumers = new Set(ranked.flatMap(({ config }) => config.consumerId ?? []));
  const byConsumer = new Map<string, number>();
  for (const id of consumers) {
    const best = ranked.find(({ config }) => (config.consumerId ?? id) === id);
    if (best !== undefined) byConsumer.set(id, best.index);
  }
  const decisive = general ?? ranked[0];
  if (decisive === undefined) return undefined;
  return {
    config: decisive.config,
    entry: general?.index ?? -1,
    byConsumer: byConsumer.size === 0 ? undefined : byConsumer,
  };
}

/** route+service+consumer, route+consumer, service+consumer, route+service, consumer, route, service, global. */
function rank(config: PluginConfig): number {
  const parts =
    (config.routeId === undefined ? "" : "r") +
    (config.serviceId === undefined ? "" : "s") +
    (config.consumerId === undefined ? "" : "c");
  return ["", "s", "r", "c", "rs", "sc", "rc", "rsc"].indexOf(parts);
}
