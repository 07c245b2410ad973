// Names as the machine resolves them: /etc/hosts, then DNS.
import { lookup } from "node:dns/promises";
import type { Resolver } from "./destination.ts";

/** Those that ask for one name at the same time share one look-up: the runtimes do only four at once. */
export function systemResolver(): Resolver {
  const running = new Map<string, Promise<readonly string[]>>();
  return (name) => {
    let addresses = running.get(name);
    if (addresses === undefined) {
      addresses = addressesOf(name).finally(() => running.delete(name));
      running.set(name, addresses);
    }
    return addresses;
  };
}

async function addressesOf(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
}
