// Which hosts a plugin may reach: `host`, `host:port` and `*.suffix`, as an operator grants them.
import { isIPv4 } from "node:net";
import { canonicalAddress } from "../../clients/address.ts";

/** One grant, taken apart. */
export interface HostGrant {
  /** Lower case; an address without brackets and in its one form; for a suffix with the dot in front. */
  readonly host: string;
  readonly isSuffix: boolean;
  /** Undefined for the own port of the url's scheme, as in a Content-Security-Policy. */
  readonly port: number | undefined;
}

const PARTS = /^(\*\.)?(\[[0-9a-f:.]+\]|[^:[\]]+)(?::([1-9]\d{0,4}))?$/i;
const NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
/** A last label of digits makes a name an address (WHATWG URL), and only the usual form of one is taken. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/** Undefined when the text is no grant. */
export function parseHostGrant(text: string): HostGrant | undefined {
  const [, wildcard, written, digits] = PARTS.exec(text) ?? [];
  if (written === undefined) return undefined;
  const isSuffix = wildcard !== undefined;
  const host = hostOf(written.toLowerCase(), isSuffix);
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || (port ?? 1) > 65_535) return undefined;
  return { host: isSuffix ? `.${host}` : host, isSuffix, port };
}

function hostOf(written: string, isSuffix: boolean): string | undefined {
  if (written.startsWith("[")) return isSuffix ? undefined : canonicalAddress(written.slice(1, -1));
  if (isIPv4(written)) return isSuffix ? undefined : written;
  return NAME.test(written) && !ENDS_IN_NUMBER.test(written) ? written : undefined;
}
