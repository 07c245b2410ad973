// Which hosts a plugin entry may reach, as the operator granted them.
import { canonicalAddress } from "../clients/address.ts";
import { parseHostGrant } from "../config/schema/host-grant.ts";
import type { HostGrant } from "../config/schema/host-grant.ts";

/** The hosts that one plugin entry may reach. */
export class HostGrants {
  readonly #grants: readonly HostGrant[];

  /** Texts that are no grants grant nothing. */
  constructor(texts: readonly string[]) {
    this.#grants = texts.flatMap((text) => parseHostGrant(text) ?? []);
  }

  /**
   * Whether the host may be reached. `host` is that of a parsed URL, an IPv6 address with or without brackets;
   * `schemePort` is 80 for http and 443 for https.
   */
  allows(host: string, port: number, schemePort: number): boolean {
    const bare = host.replace(/^\[|\]$|\.$/g, "").toLowerCase();
    const wanted = canonicalAddress(bare) ?? bare;
    return this.#grants.some(
      (grant) =>
        (grant.port ?? schemePort) === port &&
        (grant.isSuffix ? wanted.endsWith(grant.host) : wanted === grant.host),
    );
  }
}
