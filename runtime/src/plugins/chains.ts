// One chain for all routes with the same plugins: most routes of a large config have those of every other, and what
// they share stays in the processor's caches.
import type { ConfigFault, RouteConfig } from "../config/model.ts";
import { PluginChain } from "./chain.ts";
import { orderChain } from "./order.ts";
import type { OrderFault } from "./order.ts";
import { chainMembers } from "./scope.ts";
import type { BoundEntry, ChainMember } from "./scope.ts";

interface SharedChain {
  readonly chain: PluginChain;
  readonly faults: readonly OrderFault[];
  /** What the first of its routes is called. */
  readonly usedBy: string;
  uses: number;
}

type ChainRoute = Pick<RouteConfig, "id" | "name" | "serviceId" | "pluginOrder" | "source">;

export class PluginChains {
  readonly #entries: readonly BoundEntry[];
  readonly #byMembers = new Map<string, SharedChain>();

  constructor(entries: readonly BoundEntry[]) {
    this.#entries = entries;
  }

  /** The chain of a route, or of the requests that no route takes. */
  of(route: ChainRoute | undefined): PluginChain {
    const scope = { routeId: route?.id, serviceId: route?.serviceId };
    const members = chainMembers(this.#entries, scope);
    const names = route?.pluginOrder ?? [];
    const key = JSON.stringify([names, members.map(identityOf)]);
    let shared = this.#byMembers.get(key);
    if (shared === undefined) {
      const path = `${route?.source.path ?? ""}.plugin_order`;
      const { members: ordered, faults } = orderChain(members, { names, path });
      shared = { chain: new PluginChain(ordered), faults, usedBy: labelOf(route), uses: 0 };
      this.#byMembers.set(key, shared);
    }
    shared.uses++;
    return shared.chain;
  }

  /** Throws {@link ChainsRefused} when one of the chains so far has no order. */
  check(): void {
    const byMessage = new Map<string, { fault: OrderFault; usedBy: string; uses: number }>();
    for (const { faults, usedBy, uses } of this.#byMembers.values()) {
      for (const fault of faults) {
        const known = byMessage.get(fault.message);
        if (known === undefined) byMessage.set(fault.message, { fault, usedBy, uses });
        else known.uses += uses;
      }
    }
    if (byMessage.size === 0) return;
    throw new ChainsRefused(
      [...byMessage.values()].map(({ fault, usedBy, uses }) => {
        const others = uses === 1 ? "" : ` and ${uses - 1} more`;
        return { ...fault.source, message: `${usedBy}${others}: ${fault.message}` };
      }),
    );
  }
}

/** Plugins of one chain have no order. */
export class ChainsRefused extends Error {
  readonly faults: readonly ConfigFault[];

  /** Each names the first of the routes that it is about. */
  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ message }) => message).join("\n"));
    this.name = "ChainsRefused";
    this.faults = faults;
  }
}

function labelOf(route: ChainRoute | undefined): string {
  if (route === undefined) return "requests without a route";
  return route.name === undefined ? `route ${route.source.path}` : `route "${route.name}"`;
}

/** Within one snapshot a plugin's name is the plugin's alone. */
function identityOf({ plugin, entry, byConsumer }: ChainMember): unknown {
  return [plugin.name, entry, [...(byConsumer ?? [])]];
}
