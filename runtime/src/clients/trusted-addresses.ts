// The addresses and networks whose word on the client is taken (Kong's trusted_ips).
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { canonicalAddress } from "./address.ts";

export class TrustedAddresses {
  readonly #ipv4 = new BlockList();
  readonly #ipv6 = new BlockList();

  /** Entries as {@link networkFault} accepts them. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const { address, bits } = networkOf(entry) ?? { address: "", bits: NaN };
      if (isIPv4(address)) this.#ipv4.addSubnet(address, bits, "ipv4");
      else if (isIPv6(address)) this.#ipv6.addSubnet(address, bits, "ipv6");
    }
  }

  /** For an address in its canonical form. */
  includes(address: string): boolean {
    return address.includes(":")
      ? this.#ipv6.check(address, "ipv6")
      : this.#ipv4.check(address, "ipv4");
  }
}

/** What is wrong with an address or `address/bits`, or undefined. */
export function networkFault(entry: string): string | undefined {
  return networkOf(entry) === undefined
    ? "expected an IP address or network, like 10.0.0.0/8 or 2001:db8::/32"
    : undefined;
}

const MAPPED_BITS = 96;

function networkOf(entry: string): { address: string; bits: number } | undefined {
  const [text = "", bitsText, ...more] = entry.split("/");
  const address = canonicalAddress(text);
  if (address === undefined || more.length > 0) return undefined;
  const width = text.includes(":") ? 128 : 32;
  const bits = bitsText === undefined ? width : Number(bitsText);
  if (bitsText !== undefined && !/^[0-9]{1,3}$/.test(bitsText)) return undefined;
  if (bits > width) return undefined;
  // `::ffff:10.0.0.0/104` is 10.0.0.0/8; a shorter prefix is more than IPv4.
  const isFolded = width === 128 && isIPv4(address);
  if (!isFolded) return { address, bits };
  return bits < MAPPED_BITS ? undefined : { address, bits: bits - MAPPED_BITS };
}
