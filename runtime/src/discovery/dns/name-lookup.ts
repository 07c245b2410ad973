// From a name to addresses: the hosts file first, then DNS, type by type in the order of the config (Kong's dns_order).
import { detailOf } from "../../errors.ts";
import { followAliases, MAX_ALIASES } from "./chain.ts";
import type { ChainEnd } from "./chain.ts";
import { NoAnswer } from "./client.ts";
import type { Settled } from "./client.ts";
import { isDnsName } from "./message.ts";
import type { QueryType, Srv } from "./message.ts";
import { addressesOfFamily, candidates } from "./system-files.ts";
import type { HostsTable, ResolverConfig } from "./system-files.ts";

/** CNAME is Kong's word: aliases are followed whatever the order says of them. */
export type OrderItem = "LAST" | QueryType | "CNAME";

export interface ResolvedAddress {
  readonly host: string;
  /** Of an SRV record, which says both; undefined for an address alone. */
  readonly port: number | undefined;
  readonly weight: number | undefined;
}

export type Resolution =
  | {
      readonly kind: "found";
      readonly addresses: readonly ResolvedAddress[];
      readonly type: QueryType;
      readonly ttlMs: number;
    }
  /** There is no such name, or nothing of the types in the order is known of it. */
  | { readonly kind: "not_found"; readonly detail: string }
  /** Nobody could say. */
  | { readonly kind: "failed"; readonly detail: string };

export interface NameLookupParts {
  hosts(): HostsTable;
  resolver(): ResolverConfig;
  readonly order: readonly OrderItem[];
  ask(name: string, type: QueryType, signal: AbortSignal): Promise<Settled>;
}

/** The same for one look-up, which may be given up. */
interface Asking {
  hosts(): HostsTable;
  ask(name: string, type: QueryType): Promise<Settled>;
}

/** An answer with more is cut: each address costs a target. */
const MAX_ADDRESSES = 1000;
/** Different hosts that the SRV records of a name may lead to. */
const MAX_SRV_HOSTS = 100;
/** After so long the hosts file is looked at again. */
const HOSTS_TTL_MS = 5000;

/** Never rejects. `last`: the type that the name had before. */
export async function lookUp(
  name: string,
  last: QueryType | undefined,
  parts: NameLookupParts,
  signal: AbortSignal,
): Promise<Resolution> {
  const types = typesInOrder(parts.order, last);
  const inHosts = parts.hosts().get(name) ?? [];
  for (const type of types) {
    if (type === "SRV") continue;
    const addresses = addressesOfFamily(inHosts, type).map(plainAddress);
    if (addresses.length > 0) return { kind: "found", addresses, type, ttlMs: HOSTS_TTL_MS };
  }
  if (!isDnsName(name)) return { kind: "not_found", detail: "it is no name that DNS could know" };
  const asking: Asking = {
    hosts: () => parts.hosts(),
    ask: (...question) => parts.ask(...question, signal),
  };
  let failure: string | undefined;
  for (const type of types) {
    for (const candidate of candidates(name, parts.resolver())) {
      try {
        const found = await lookUpType(candidate, type, asking);
        if (found !== undefined) return found;
      } catch (error) {
        // A server may know one type and fail at another.
        failure = detailOf(error);
        if (error instanceof NoAnswer || signal.aborted) return { kind: "failed", detail: failure };
      }
    }
  }
  if (failure !== undefined) return { kind: "failed", detail: failure };
  return { kind: "not_found", detail: `DNS has no ${types.join(", ")} record of it` };
}

function typesInOrder(order: readonly OrderItem[], last: QueryType | undefined): QueryType[] {
  const types = order.flatMap((item) => {
    if (item === "CNAME") return [];
    if (item !== "LAST") return [item];
    return last === undefined ? [] : [last];
  });
  return [...new Set(types)];
}

async function lookUpType(
  name: string,
  type: QueryType,
  asking: Asking,
): Promise<Extract<Resolution, { kind: "found" }> | undefined> {
  if (type === "SRV") return lookUpServices(name, asking);
  const found = await records(name, type, asking);
  if (found === undefined) return undefined;
  const addresses = found.records
    .slice(0, MAX_ADDRESSES)
    .map(({ address }) => plainAddress(address));
  return { kind: "found", addresses, type, ttlMs: found.ttlMs };
}

function plainAddress(host: string): ResolvedAddress {
  return { host, port: undefined, weight: undefined };
}

/** Hosts with ports and weights; of several priorities only the first is used, as in Kong. */
async function lookUpServices(
  name: string,
  asking: Asking,
): Promise<Extract<Resolution, { kind: "found" }> | undefined> {
  const found = await records(name, "SRV", asking);
  if (found === undefined) return undefined;
  const first = Math.min(...found.records.map(({ priority }) => priority));
  const services = found.records.filter(({ priority }) => priority === first);
  const hosts = [...new Set(services.map(({ target }) => target))].slice(0, MAX_SRV_HOSTS);
  const resolved = await Promise.all(
    hosts.map(async (host) => [host, await hostAddresses(host, asking)] as const),
  );
  const byHost = new Map(resolved);
  const addresses = services.flatMap((service) => {
    const known = byHost.get(service.target)?.addresses ?? [];
    return known.map((host) => ({ host, port: service.port, weight: weightOf(service) }));
  });
  if (addresses.length === 0) return undefined;
  const ttlMs = Math.min(found.ttlMs, ...resolved.map(([, of]) => of?.ttlMs ?? Infinity));
  return { kind: "found", addresses: addresses.slice(0, MAX_ADDRESSES), type: "SRV", ttlMs };
}

/** RFC 2782: 0 is for a very small share, not for none. */
function weightOf({ weight }: Srv): number {
  return Math.max(1, weight);
}

async function hostAddresses(
  host: string,
  asking: Asking,
): Promise<{ readonly addresses: readonly string[]; readonly ttlMs: number } | undefined> {
  for (const type of ["A", "AAAA"] as const) {
    const inHosts = addressesOfFamily(asking.hosts().get(host) ?? [], type);
    if (inHosts.length > 0) return { addresses: inHosts, ttlMs: HOSTS_TTL_MS };
    const found = await records(host, type, asking);
    if (found === undefined) continue;
    return { addresses: found.records.map(({ address }) => address), ttlMs: found.ttlMs };
  }
  return undefined;
}

/** Undefined when there are none. An alias that leads out of the answer is asked for, so often and no more. */
async function records<T extends QueryType>(
  asked: string,
  type: T,
  { ask }: Asking,
): Promise<Pick<ChainEnd<T>, "records" | "ttlMs"> | undefined> {
  let name = asked;
  let ttlMs = Infinity;
  for (let aliases = 0; aliases <= MAX_ALIASES;) {
    const answer = await ask(name, type);
    if (answer.kind === "no_name") return undefined;
    const end = followAliases(name, type, answer.records);
    ttlMs = Math.min(ttlMs, end.ttlMs);
    if (end.records.length > 0) return { records: end.records, ttlMs };
    if (end.name === name) return undefined;
    aliases += end.aliases;
    name = end.name;
  }
  throw new Error(`${asked}: more than ${MAX_ALIASES} aliases`);
}
