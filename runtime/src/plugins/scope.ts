// Which entry of a plugin a request gets: one per plugin name, by Kong's precedence (plugins_iterator.lookup_cfg).
import type { PluginConfig } from "../config/model.ts";
import type { ChainLink } from "./chain.ts";
import type { Plugin } from "./plugin.ts";

/** A plugin entry of the config and the plugin that runs it. */
export interface BoundEntry {
  readonly config: PluginConfig;
  readonly plugin: Plugin;
  /** Index of the entry within its plugin. */
  readonly index: number;
}

export interface RouteScope {
  readonly routeId: string | undefined;
  readonly serviceId: string | undefined;
}

/** The links of a route's chain, sorted by priority; plugins of one priority by name, so that the order is stable. */
export function chainLinks(entries: readonly BoundEntry[], scope: RouteScope): ChainLink[] {
  const byPlugin = new Map<Plugin, BoundEntry[]>();
  for (const entry of entries) {
    if (!entry.config.enabled || !covers(entry.config, scope)) continue;
    const group = byPlugin.get(entry.plugin);
    if (group === undefined) byPlugin.set(entry.plugin, [entry]);
    else group.push(entry);
  }
  return [...byPlugin.entries()]
    .map(([plugin, group]) => ({ plugin, ...choices(group) }))
    .toSorted(
      (a, b) => b.plugin.priority - a.plugin.priority || compare(a.plugin.name, b.plugin.name),
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function covers(config: PluginConfig, scope: RouteScope): boolean {
  return (
    (config.routeId === undefined || config.routeId === scope.routeId) &&
    (config.serviceId === undefined || config.serviceId === scope.serviceId)
  );
}

function choices(group: readonly BoundEntry[]): Pick<ChainLink, "entry" | "byConsumer"> {
  const ranked = group.toSorted((a, b) => rank(b.config) - rank(a.config));
  const general = ranked.find(({ config }) => config.consumerId === undefined);
  const consumers = new Set(ranked.flatMap(({ config }) => config.consumerId ?? []));
  const byConsumer = new Map<string, number>();
  for (const id of consumers) {
    const best = ranked.find(({ config }) => (config.consumerId ?? id) === id);
    if (best !== undefined) byConsumer.set(id, best.index);
  }
  return {
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
