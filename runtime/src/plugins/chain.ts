// The plugins of one route in the order of their priority, each with the entry that fits the request best.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../exchange.ts";
import { CONTINUE } from "./plugin.ts";
import type { BodyPhase, Plugin, SettledVerdict, Verdict } from "./plugin.ts";

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
  readonly #bodies: Readonly<Record<BodyPhase, readonly ChainLink[]>>;

  /** The links come sorted. */
  constructor(links: readonly ChainLink[]) {
    this.#access = withPhase(links, "access");
    this.#headerFilter = withPhase(links, "header_filter");
    this.#log = withPhase(links, "log");
    this.#bodies = {
      request_body: withPhase(links, "request_body"),
      body_filter: withPhase(links, "body_filter"),
    };
  }

  get seesRequestBodies(): boolean {
    return this.#bodies.request_body.length > 0;
  }

  get seesResponseBodies(): boolean {
    return this.#bodies.body_filter.length > 0;
  }

  /** The plugins that see a body of this exchange, each with its entry. */
  bodyLinks(phase: BodyPhase, exchange: Exchange): { plugin: Plugin; entry: number }[] {
    return this.#bodies[phase]
      .map((link) => ({ plugin: link.plugin, entry: entryFor(link, exchange) }))
      .filter(({ entry }) => entry >= 0);
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

  /** Goes on where the exchange stands; what it gives has to be awaited before it is called again. */
  headerFilter(exchange: Exchange): Promise<SettledVerdict> | undefined {
    while (exchange.filterPosition < this.#headerFilter.length) {
      const link = this.#headerFilter[exchange.filterPosition++] as ChainLink; // Within its length.
      const verdict = runLink(link, "header_filter", exchange);
      if (verdict.kind === "pending") return verdict.settled;
    }
    return undefined;
  }

  /** Every plugin gets its turn, whatever happens to the ones before it. Fulfilled when those that wait are done. */
  log(
    exchange: Exchange,
    onFailed: (plugin: Plugin, error: unknown) => void,
  ): Promise<unknown> | undefined {
    let waiting: Promise<unknown>[] | undefined;
    for (const link of this.#log) {
      try {
        const verdict = runLink(link, "log", exchange);
        if (verdict.kind !== "pending") continue;
        const settled = verdict.settled.catch((error: unknown) => onFailed(link.plugin, error));
        (waiting ??= []).push(settled);
      } catch (error) {
        onFailed(link.plugin, error);
      }
    }
    return waiting && Promise.all(waiting);
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
