// The plugins of one route in the order of their priority, each with the entry that fits the request best.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../exchange.ts";
import { CONTINUE } from "./plugin.ts";
import type { Plugin, Verdict } from "./plugin.ts";

/** One plugin in a chain. */
export interface ChainLink {
  readonly plugin: Plugin;
  /** Index of the entry for requests without a consumer, or whose consumer has none; -1 for none. */
  readonly entry: number;
  /** Entries for single consumers, by consumer id. */
  readonly byConsumer: ReadonlyMap<string, number> | undefined;
}

export class PluginChain {
  readonly #access: readonly ChainLink[];
  readonly #headerFilter: readonly ChainLink[];
  readonly #log: readonly ChainLink[];

  /** The links come sorted. */
  constructor(links: readonly ChainLink[]) {
    this.#access = withPhase(links, "access");
    this.#headerFilter = withPhase(links, "header_filter");
    this.#log = withPhase(links, "log");
  }

  get hasLog(): boolean {
    return this.#log.length > 0;
  }

  /**
   * Runs the one plugin at which the exchange stands in the chain. Undefined when there are more to run; a plugin
   * that made the exchange wait runs again.
   */
  access(exchange: Exchange): Verdict | undefined {
    const link = this.#access[exchange.chainPosition];
    if (link === undefined) return CONTINUE;
    const verdict = runLink(link, "access", exchange);
    if (verdict.kind !== "continue") return verdict;
    return ++exchange.chainPosition < this.#access.length ? undefined : CONTINUE;
  }

  headerFilter(exchange: Exchange): void {
    for (const link of this.#headerFilter) runLink(link, "header_filter", exchange);
  }

  /** Every plugin gets its turn, whatever happens to the ones before it. */
  log(exchange: Exchange, onFailed: (plugin: Plugin, error: unknown) => void): void {
    for (const link of this.#log) {
      try {
        runLink(link, "log", exchange);
      } catch (error) {
        onFailed(link.plugin, error);
      }
    }
  }
}

function withPhase(links: readonly ChainLink[], phase: Phase): ChainLink[] {
  return links.filter((link) => link.plugin.phases.has(phase));
}

function runLink(link: ChainLink, phase: Phase, exchange: Exchange): Verdict {
  const entry = entryFor(link, exchange);
  return entry < 0 ? CONTINUE : link.plugin.run(phase, exchange, entry);
}

function entryFor(link: ChainLink, exchange: Exchange): number {
  if (link.byConsumer === undefined || exchange.consumer === undefined) return link.entry;
  return link.byConsumer.get(exchange.consumer.id) ?? link.entry;
}
