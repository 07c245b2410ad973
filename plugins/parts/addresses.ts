// Lists of IP addresses and ranges, compared as numbers: however an address is written, it is the same one (R2).
import { ConfigError } from "@sluice/plugin-sdk";
import ipaddr from "ipaddr.js";

/** Bytes of an address, 4 or 16; an IPv4 address that is written as IPv6 has 4. */
type AddressBytes = readonly number[];

interface Range {
  readonly bytes: AddressBytes;
  /** How many leading bits count. */
  readonly bits: number;
}

export interface AddressList {
  /** False for what is no address. */
  has(address: string): boolean;
}

/** Addresses and CIDR ranges of both versions. Throws ConfigError with the entry's place below `path`. */
export function addressList(entries: readonly string[], path: string): AddressList {
  const ranges = entries.map((entry, index) => rangeOf(entry, `${path}[${index}]`));
  return {
    has: (address) => {
      const bytes = bytesOf(address);
      return bytes !== undefined && ranges.some((range) => isWithin(bytes, range));
    },
  };
}

export function isAddress(text: string): boolean {
  return bytesOf(text) !== undefined;
}

function rangeOf(entry: string, path: string): Range {
  const [address = "", prefix, ...rest] = entry.split("/");
  const written = bytesAsWritten(address);
  const width = (written?.length ?? 0) * 8;
  const bits = prefix === undefined ? width : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  if (written === undefined || rest.length > 0 || bits > width) {
    throw new ConfigError(`"${entry}" is no IP address or range in CIDR notation`, path);
  }
  const bytes = folded(written);
  if (bytes.length === written.length) return { bytes, bits };
  // A range of more than the mapped addresses is one of IPv6.
  return bits >= MAPPED_BITS ? { bytes, bits: bits - MAPPED_BITS } : { bytes: written, bits };
}

const MAPPED_BITS = 96;

function bytesOf(address: string): AddressBytes | undefined {
  const written = bytesAsWritten(address);
  return written && folded(written);
}

/** IPv4 in four decimal parts: what else tools take for an address, such as `0177.1`, is read in several ways. */
function bytesAsWritten(address: string): AddressBytes | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address).toByteArray();
  const [withoutZone = ""] = address.split("%");
  if (!withoutZone.includes(":") || !ipaddr.IPv6.isValid(withoutZone)) return undefined;
  return ipaddr.IPv6.parse(withoutZone).toByteArray();
}

/** ::ffff:a.b.c.d is a.b.c.d (RFC 4291 section 2.5.5.2). */
function folded(bytes: AddressBytes): AddressBytes {
  const isMapped =
    bytes.length === 16 &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff &&
    bytes.slice(0, 10).every((byte) => byte === 0);
  return isMapped ? bytes.slice(12) : bytes;
}

function isWithin(address: AddressBytes, { bytes, bits }: Range): boolean {
  if (address.length !== bytes.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (address[at] !== bytes[at]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const shift = 8 - rest;
  return (address[whole] ?? 0) >> shift === (bytes[whole] ?? 0) >> shift;
}
