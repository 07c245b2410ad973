// Which addresses belong to the open internet. The others are the operator's: services beside the gateway, its own
// admin API, the metadata of a cloud machine (threat W7).
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Global unicast, all that IANA gives out (RFC 4291 §2.4). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** For one address as `net.isIP` knows it. IPv4 inside of IPv6 is no way around: mapped, NAT64, 6to4, Teredo. */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false;
  const address = ipaddr.process(text);
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_IPV6);
}
