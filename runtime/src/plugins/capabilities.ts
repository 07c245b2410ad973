// What a plugin's manifest asks for, and what of it an entry of the config grants.
import type { PluginGrants } from "../config/model.ts";

const STORE = "store:";

/**
 * What the plugin may do in the end. A plugin that comes with the gateway gets what it asks for, as far as that needs
 * no names of hosts or secrets, which only the operator knows; and the servers that the operator's config of the entry
 * names, at whatever address.
 */
export function effectiveGrants(
  grants: PluginGrants,
  capabilities: readonly string[],
  isBundled: boolean,
  endpoints: readonly string[] = [],
): PluginGrants {
  if (!isBundled) return grants;
  const namespaces = capabilities
    .filter((each) => each.startsWith(STORE))
    .map((each) => each.slice(STORE.length));
  return {
    ...grants,
    ...(endpoints.length > 0 && {
      fetch: [...grants.fetch, ...endpoints],
      targets: [...grants.targets, ...endpoints],
      endpoints,
    }),
    consumers: grants.consumers || capabilities.includes("consumers"),
    store: [...new Set([...grants.store, ...namespaces])],
  };
}

/** What the plugin asks for and does not get. */
export function missingCapabilities(
  grants: PluginGrants,
  capabilities: readonly string[],
): string[] {
  return capabilities.filter((each) => !isGranted(grants, each));
}

function isGranted(grants: PluginGrants, capability: string): boolean {
  switch (capability) {
    case "consumers":
      return grants.consumers;
    case "fetch":
    case "secrets":
    case "targets":
      return grants[capability].length > 0;
    default:
      return capability.startsWith(STORE) && grants.store.includes(capability.slice(STORE.length));
  }
}
