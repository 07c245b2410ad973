// Who is believed about the client behind a connection, and which header says who it is (Kong's trusted_ips,
// real_ip_header and real_ip_recursive).
import { TrustedAddresses } from "./trusted-addresses.ts";

/** As set up; plain data. */
export interface ClientSettings {
  /** Addresses and networks. */
  readonly trustedIps: readonly string[];
  readonly realIpHeader: string;
  readonly realIpRecursive: boolean;
  /** Whether upstreams get Forwarded (RFC 7239) beside X-Forwarded-*. */
  readonly sendsForwarded: boolean;
}

/** Kong's defaults. */
export const DEFAULT_CLIENT_SETTINGS: ClientSettings = {
  trustedIps: [],
  realIpHeader: "X-Real-IP",
  realIpRecursive: false,
  sendsForwarded: false,
};

export class ClientRules {
  /** Lower case. */
  readonly realIpHeader: string;
  readonly isRecursive: boolean;
  readonly sendsForwarded: boolean;
  readonly #trusted: TrustedAddresses | undefined;

  constructor(settings: ClientSettings) {
    this.realIpHeader = settings.realIpHeader.toLowerCase();
    this.isRecursive = settings.realIpRecursive;
    this.sendsForwarded = settings.sendsForwarded;
    this.#trusted =
      settings.trustedIps.length === 0 ? undefined : new TrustedAddresses(settings.trustedIps);
  }

  /** For an address in its canonical form. */
  trusts(address: string): boolean {
    return this.#trusted !== undefined && this.#trusted.includes(address);
  }
}

/** Believes nobody. */
export const DIRECT_CLIENTS: ClientRules = new ClientRules(DEFAULT_CLIENT_SETTINGS);
