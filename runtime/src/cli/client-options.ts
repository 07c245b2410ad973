// The flags of `sluice start` about clients behind other proxies, by Kong's names.
import type { ClientSettings } from "../clients/client-rules.ts";
import { networkFault } from "../clients/trusted-addresses.ts";
import { TOKEN_CHARACTERS, consistsOf } from "../http1/characters.ts";
import { UsageError } from "./fault.ts";
import type { OptionSpecs, ParsedOptions } from "./options.ts";

export const CLIENT_OPTIONS: OptionSpecs = {
  "trusted-ips": {
    value: "LIST",
    help: "addresses and networks of the proxies whose X-Forwarded-* are believed",
  },
  "real-ip-header": {
    value: "NAME",
    help: "header of a trusted proxy that says who the client is",
    fallback: "X-Real-IP",
  },
  "real-ip-recursive": {
    value: "on|off",
    help: "the client is the last address in it that is not trusted",
    fallback: "off",
  },
  "forwarded-header": {
    value: "on|off",
    help: "upstreams get Forwarded (RFC 7239), too",
    fallback: "off",
  },
};

/** Throws UsageError. */
export function clientSettings(options: ParsedOptions): ClientSettings {
  const realIpHeader = options.text("real-ip-header") ?? "";
  if (realIpHeader === "" || !consistsOf(realIpHeader, TOKEN_CHARACTERS)) {
    throw new UsageError(
      `--real-ip-header ${JSON.stringify(realIpHeader)}: expected the name of a header, like X-Forwarded-For`,
    );
  }
  if (realIpHeader.toLowerCase() === "proxy_protocol") {
    throw new UsageError("--real-ip-header proxy_protocol: this version does not speak it");
  }
  return {
    trustedIps: trustedIps(options.text("trusted-ips") ?? ""),
    realIpHeader,
    realIpRecursive: isOn(options, "real-ip-recursive"),
    sendsForwarded: isOn(options, "forwarded-header"),
  };
}

function trustedIps(list: string): readonly string[] {
  const entries = list.split(",").map((entry) => entry.trim());
  if (list.trim() === "") return [];
  for (const entry of entries) {
    const fault = networkFault(entry);
    if (fault !== undefined) {
      throw new UsageError(`--trusted-ips ${JSON.stringify(entry)}: ${fault}`);
    }
  }
  return entries;
}

/** Kong's switches. */
function isOn(options: ParsedOptions, name: string): boolean {
  const text = options.text(name);
  if (text !== "on" && text !== "off") {
    throw new UsageError(`--${name} ${JSON.stringify(text)}: expected on or off`);
  }
  return text === "on";
}
