// The flags of `sluice start` about names, after Kong's dns_* settings.
import { isIP } from "node:net";
import { DEFAULT_DNS } from "../discovery/discovery.ts";
import type { DnsSettings } from "../discovery/discovery.ts";
import type { DnsServer } from "../discovery/dns/exchange.ts";
import type { OrderItem } from "../discovery/dns/name-lookup.ts";
import { UsageError } from "./fault.ts";
import type { OptionSpecs, ParsedOptions } from "./options.ts";

export const DNS_OPTIONS: OptionSpecs = {
  "dns-resolver": {
    value: "LIST",
    help: "ADDRESS:PORT of DNS servers, commas between; those of /etc/resolv.conf by default",
  },
  "dns-hostsfile": {
    value: "FILE",
    help: "names that DNS is not asked for",
    fallback: "/etc/hosts",
  },
  "dns-order": {
    value: "LIST",
    help: "types of records that are asked for, in this order",
    fallback: "LAST,SRV,A,AAAA,CNAME",
  },
  "dns-valid-ttl": { value: "S", help: "how long answers hold, in place of what they say" },
  "dns-stale-ttl": {
    value: "S",
    help: "how long they are used after that, while no server answers",
    fallback: "3600",
  },
  "dns-not-found-ttl": {
    value: "S",
    help: "how long it holds that there is no such name",
    fallback: "30",
  },
  "dns-error-ttl": { value: "S", help: "between look-ups that fail", fallback: "1" },
};

/** Throws UsageError. */
export function dnsSettings(options: ParsedOptions): DnsSettings {
  const resolvers = options.text("dns-resolver");
  const { times } = DEFAULT_DNS;
  return {
    resolvers: resolvers === undefined ? undefined : resolvers.split(",").map(parseServer),
    hostsFile: options.text("dns-hostsfile") ?? DEFAULT_DNS.hostsFile,
    order: parseOrder(options.text("dns-order")),
    times: {
      validTtlMs: milliseconds(options, "dns-valid-ttl"),
      staleTtlMs: milliseconds(options, "dns-stale-ttl", 0) ?? times.staleTtlMs,
      notFoundTtlMs: milliseconds(options, "dns-not-found-ttl") ?? times.notFoundTtlMs,
      errorTtlMs: milliseconds(options, "dns-error-ttl") ?? times.errorTtlMs,
    },
  };
}

function parseServer(text: string): DnsServer {
  const trimmed = text.trim();
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(trimmed) ?? [];
  const host = bracketed ?? plain ?? trimmed;
  const port = Number(digits ?? 53);
  if (isIP(host) !== 0 && port >= 1 && port <= 65_535) return { host, port };
  throw new UsageError(
    `--dns-resolver ${JSON.stringify(text)}: expected addresses like 10.0.0.2 or 10.0.0.2:5353`,
  );
}

const ORDER_ITEMS: readonly OrderItem[] = ["LAST", "SRV", "A", "AAAA", "CNAME"];

function parseOrder(text: string | undefined): readonly OrderItem[] {
  if (text === undefined) return DEFAULT_DNS.order;
  return text.split(",").map((item) => {
    const found = ORDER_ITEMS.find((each) => each === item.trim().toUpperCase());
    if (found !== undefined) return found;
    const expected = ORDER_ITEMS.join(", ");
    throw new UsageError(`--dns-order ${JSON.stringify(item)}: expected some of ${expected}`);
  });
}

/** Timers of both runtimes fire at once when they are set for longer. */
const MAX_SECONDS = 2_000_000;

/** Seconds may have a fraction. */
function milliseconds(options: ParsedOptions, name: string, min = 0.01): number | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (seconds >= min && seconds <= MAX_SECONDS) return seconds * 1000;
  throw new UsageError(
    `--${name} ${JSON.stringify(text)}: expected seconds, ${min} to ${MAX_SECONDS}`,
  );
}
