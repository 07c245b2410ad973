// Where a fetch may go: the host by its name, and each address that the name stands for at this moment. The connection
// is made to an address that was checked here, with no second look at the name (DNS rebinding, threat W7).
import { isIP } from "node:net";
import { FetchFailed } from "./fetch-failed.ts";
import { portOf, schemePort } from "./outbound-request.ts";
import { isPublicAddress } from "./public-address.ts";

export interface AllowedHosts {
  /** `host` as in a parsed URL, or an address; `schemePort` is 80 for http and 443 for https. */
  allows(host: string, port: number, schemePort: number): boolean;
}

/** What one plugin entry may reach. */
export interface FetchRules {
  /** Its connections are its own. */
  readonly plugin: string;
  readonly hosts: AllowedHosts;
  readonly privateAddresses: boolean;
  /** Equal for equal rules. */
  readonly key?: string;
  /** Those that may have private addresses in any case. */
  readonly privateHosts?: AllowedHosts;
}

/** All addresses of a name; rejected when there are none. */
export type Resolver = (name: string) => Promise<readonly string[]>;

/** A name with hundreds of addresses is not worth all of them. */
const MAX_ADDRESSES = 4;

/** Throws {@link FetchFailed} unless the URL's host was granted. */
export function checkHost(url: URL, { hosts }: FetchRules): void {
  if (hosts.allows(url.hostname, portOf(url), schemePort(url))) return;
  throw new FetchFailed("denied", `${url.hostname}:${portOf(url)} is not in the plugin's grants`);
}

/** Whether an address of a granted host may be connected to. */
export function mayConnect(address: string, url: URL, rules: FetchRules): boolean {
  if (rules.privateAddresses || isPublicAddress(address)) return true;
  if (rules.privateHosts?.allows(url.hostname, portOf(url), schemePort(url)) === true) return true;
  return rules.hosts.allows(address, portOf(url), schemePort(url));
}

/** Addresses to try, in order. Throws {@link FetchFailed}. */
export async function addressesOf(
  url: URL,
  rules: FetchRules,
  resolve: Resolver,
): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const all = isIP(host) === 0 ? await resolved(host, resolve) : [host];
  const allowed = all.filter((address) => mayConnect(address, url, rules));
  if (allowed.length > 0) return allowed.slice(0, MAX_ADDRESSES);
  throw new FetchFailed(
    "denied",
    `${url.hostname} has a private address, which the plugin's grants do not allow`,
  );
}

async function resolved(host: string, resolve: Resolver): Promise<readonly string[]> {
  let addresses: readonly string[];
  try {
    addresses = await resolve(host);
  } catch (cause) {
    throw new FetchFailed("unreachable", `${host} cannot be resolved`, cause);
  }
  if (addresses.length === 0) throw new FetchFailed("unreachable", `${host} has no address`);
  return addresses;
}
