// IP addresses in one form each, so that texts can be compared and counted (R2).
import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

/** Strangers choose the addresses; past this many the memory starts anew. */
const MAX_KNOWN = 4096;
const known = new Map<string, string>();

/**
 * The one form of an address: IPv6 compressed and in lower case, IPv4-mapped IPv6 as IPv4. Undefined for anything
 * else, zone ids, short and octal forms among it.
 */
export function canonicalAddress(text: string): string | undefined {
  if (!text.includes(":")) return isIPv4(text) ? text : undefined;
  const before = known.get(text);
  if (before !== undefined) return before;
  if (text.includes("%") || !isIPv6(text)) return undefined;
  const address = ipaddr.process(text).toString();
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, address);
  return address;
}

/** The same for the other end of a socket, where a link-local address may have a zone. */
export function peerAddress(remoteAddress: string): string {
  if (!remoteAddress.includes(":")) return remoteAddress;
  return canonicalAddress(remoteAddress.replace(/%.*$/, "")) ?? remoteAddress;
}
