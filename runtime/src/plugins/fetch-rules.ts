// Where one plugin entry may connect to: the one list that fetch, sinks and Redis look at.
import type { PluginGrants } from "../config/model.ts";
import type { FetchRules } from "../outbound/destination.ts";
import { HostGrants } from "./host-grant.ts";

/** Make it once for an entry. Without grants nothing is allowed. */
export function fetchRules(plugin: string, grants: PluginGrants | undefined): FetchRules {
  const { fetch = [], privateAddresses = false, endpoints = [] } = grants ?? {};
  const hosts = new HostGrants(fetch);
  const privateHosts = new HostGrants(endpoints);
  const key = JSON.stringify([fetch, privateAddresses, endpoints]);
  return { plugin, hosts, privateAddresses, privateHosts, key };
}
