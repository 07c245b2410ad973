// What the plugin may do in the emulated gateway.
import type { Manifest } from "../abi.ts";

/** As `grants` of a plugin's entry in a gateway's config. What is left out is denied. */
export interface EmulatedGrants {
  /** `api.example.com`, `*.corp.test:8443`; `*` for every host. */
  readonly fetch?: readonly string[];
  /** `host:port`; `*` for every one. */
  readonly targets?: readonly string[];
  /** Names of namespaces. */
  readonly store?: readonly string[];
  /** References; `*` for every one. */
  readonly secrets?: readonly string[];
  readonly consumers?: boolean;
}

const STORE = "store:";

/** All that the plugin asks for. */
export function grantsAsked({ capabilities = [] }: Manifest): EmulatedGrants {
  const all = (name: string): readonly string[] => (capabilities.includes(name) ? ["*"] : []);
  return {
    fetch: all("fetch"),
    targets: all("targets"),
    secrets: all("secrets"),
    store: capabilities.filter((of) => of.startsWith(STORE)).map((of) => of.slice(STORE.length)),
    consumers: capabilities.includes("consumers"),
  };
}

export function isGranted(granted: readonly string[] | undefined, name: string): boolean {
  return granted?.includes("*") === true || granted?.includes(name) === true;
}

export function isHostGranted(granted: readonly string[] | undefined, url: URL): boolean {
  const schemePort = url.protocol === "https:" ? "443" : "80";
  const port = url.port === "" ? schemePort : url.port;
  return (granted ?? []).some((grant) => {
    if (grant === "*") return true;
    const [, host = grant, grantedPort = schemePort] = /^(.*?)(?::(\d+))?$/.exec(grant) ?? [];
    if (grantedPort !== port) return false;
    return host.startsWith("*.") ? url.hostname.endsWith(host.slice(1)) : url.hostname === host;
  });
}
