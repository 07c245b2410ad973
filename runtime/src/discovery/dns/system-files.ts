// What the machine's own files say of names: /etc/hosts and /etc/resolv.conf, read again when they have changed.
import { readFileSync, statSync } from "node:fs";
import { isIP, isIPv4 } from "node:net";
import type { DnsServer } from "./exchange.ts";

/** A file's content as it was last read; while it cannot be read, as of nothing. */
export class ParsedFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  #signature = "";
  #parsed: T;

  constructor(path: string, parse: (text: string) => T) {
    this.#path = path;
    this.#parse = parse;
    this.#parsed = parse("");
  }

  get content(): T {
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    const signature = stats === undefined ? "" : `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
    if (signature !== this.#signature) {
      this.#signature = signature;
      this.#parsed = this.#parse(stats === undefined ? "" : read(this.#path));
    }
    return this.#parsed;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // As if it were not there: names are then looked up in DNS.
    return "";
  }
}

/** Addresses by name, lower case, in the order of the file. */
export type HostsTable = ReadonlyMap<string, readonly string[]>;

/** hosts(5). */
export function parseHosts(text: string): HostsTable {
  const table = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (address === undefined || isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const known = table.get(key) ?? [];
      if (!known.includes(address)) table.set(key, [...known, address]);
    }
  }
  // RFC 6761 §6.3.
  if (!table.has("localhost")) table.set("localhost", ["127.0.0.1", "::1"]);
  return table;
}

export interface ResolverConfig {
  readonly servers: readonly DnsServer[];
  readonly search: readonly string[];
  /** A name with fewer dots is tried with the search list first. */
  readonly ndots: number;
}

const DNS_PORT = 53;
/** As many as the C library takes. */
const MAX_SERVERS = 3;
const MAX_SEARCH = 6;

/** resolv.conf(5); without a nameserver it is the machine itself. */
export function parseResolvConf(text: string): ResolverConfig {
  const servers: DnsServer[] = [];
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [key, ...values] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    const [first = ""] = values;
    if (key === "nameserver" && isIP(first) !== 0) servers.push({ host: first, port: DNS_PORT });
    if (key === "search" || key === "domain") {
      search = values.map((domain) => domain.replace(/\.$/, "").toLowerCase()).filter(Boolean);
    }
    if (key !== "options") continue;
    const found = values.flatMap((option) => /^ndots:(\d+)$/.exec(option)?.[1] ?? []).at(-1);
    if (found !== undefined) ndots = Math.min(15, Number(found));
  }
  return {
    servers:
      servers.length === 0
        ? [{ host: "127.0.0.1", port: DNS_PORT }]
        : servers.slice(0, MAX_SERVERS),
    search: search.slice(0, MAX_SEARCH),
    ndots,
  };
}

/** All names that a name may mean, the likeliest first. */
export function candidates(name: string, { search, ndots }: ResolverConfig): readonly string[] {
  const dots = name.split(".").length - 1;
  const searched = search.map((domain) => `${name}.${domain}`).filter((each) => each.length <= 253);
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}

export function addressesOfFamily(
  addresses: readonly string[],
  type: "A" | "AAAA",
): readonly string[] {
  return addresses.filter((address) => isIPv4(address) === (type === "A"));
}
